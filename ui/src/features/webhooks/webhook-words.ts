import {
  type UsedWebhook,
  type WebhookClientCertificate,
  type WebhookDeliveryView,
  webhookEventTypes,
} from '../../../../src/contract/webhook.ts'
import type { Tone } from '../../components/ui/tone-badge.tsx'

/** What an event is called in a list, by the first part of its type. */
const groups: Readonly<Record<string, string>> = {
  api_key: 'API keys',
  certificate: 'Certificates',
  credential: 'API credentials',
  enforcement_policy: 'Enforcement',
  invitation: 'Invitations',
  member: 'Members',
  organization: 'Organization',
  registration: 'Externally issued certificates',
  scim: 'Users from your provider (SCIM)',
  single_sign_on: 'Single sign-on',
  webhook: 'Webhooks',
}

/** The types of events to choose from, by what they are about. */
export const eventTypeChoices = Object.entries(
  Object.groupBy(webhookEventTypes, (type) => type.split('.')[0] ?? ''),
).map(([family, items = []]) => ({ group: groups[family] ?? family, items }))

/** Returns which events a webhook is sent, in few words. */
export const describeEvents = (types: readonly string[] | null): string => {
  if (types === null) return 'All events'
  return types.length === 1 ? (types[0] ?? '') : `${types.length} types of events`
}

/** Returns the state of a webhook in one word. */
export function describeState({ enabled, disabledReason, failingSince }: UsedWebhook): {
  tone: Tone
  word: string
} {
  if (enabled)
    return failingSince === null ? { tone: 'good', word: 'Enabled' } : { tone: 'warn', word: 'Failing' }
  return disabledReason === 'user'
    ? { tone: 'neutral', word: 'Disabled' }
    : { tone: 'bad', word: 'Disabled by Postern' }
}

/** Returns the state of a delivery in one word. */
export const deliveryWords: Readonly<Record<WebhookDeliveryView['status'], { tone: Tone; word: string }>> = {
  pending: { tone: 'warn', word: 'Waiting' },
  delivered: { tone: 'good', word: 'Delivered' },
  failed: { tone: 'bad', word: 'Failed' },
}

/** Returns the state of a client certificate in one word. */
export const clientCertificateWords: Readonly<
  Record<WebhookClientCertificate['state'], { tone: Tone; word: string }>
> = {
  requested: { tone: 'warn', word: 'Waiting for your CA' },
  next: { tone: 'accent', word: 'Next' },
  live: { tone: 'good', word: 'Live' },
  former: { tone: 'neutral', word: 'Former' },
  expired: { tone: 'bad', word: 'Expired' },
}
