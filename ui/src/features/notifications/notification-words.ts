import type {
  NotificationKind,
  NotificationState,
  NotificationView,
} from '../../../../src/contract/notification.ts'
import type { NotificationSettingsView } from '../../../../src/contract/notification-settings.ts'
import type { Tone } from '../../components/ui/tone-badge.tsx'
import { countText } from '../../lib/count-text.ts'

/** The state of a notification in words. */
export const stateWords: Record<NotificationState, { label: string; tone: Tone }> = {
  planned: { label: 'Planned', tone: 'neutral' },
  queued: { label: 'Being sent', tone: 'accent' },
  sent: { label: 'Sent', tone: 'good' },
  failed: { label: 'Undeliverable', tone: 'bad' },
  skipped: { label: 'Skipped', tone: 'neutral' },
  withheld: { label: 'Withheld', tone: 'warn' },
}

const kindWords: Record<NotificationKind, string> = {
  certificate_expiry: 'Certificate expires',
  certificate_ready: 'Certificate ready',
  certificate_rejected: 'Certificate rejected',
  certificate_revoked: 'Certificate revoked',
  ca_retirement: 'CA is retired',
  enforcement: 'Enforcement',
  membership: 'Team',
  emails_withheld: 'Emails withheld',
  signals: 'Signals',
  webhook_certificate_expiry: 'Client certificate of a webhook expires',
  other: 'Other',
}

const silenceWords: Record<NonNullable<NotificationView['silence']>, string> = {
  replaced: 'its replacement is in use',
  later_step_due: 'a later one was due as well',
  organization_not_active: 'the organization was not active',
}

const reasonWords: Record<NotificationView['recipients'][number]['reason'], string> = {
  contact: 'contact',
  submitter: 'submitted it',
  team: 'team address',
  member: 'member',
  admin: 'admin',
  other: '',
}

/** What a notification is about: its kind, and of an expiry the step. */
export function describeKind({
  kind,
  certificates,
  certificateCount,
  webhookCertificate,
}: NotificationView): string {
  const days = (webhookCertificate ?? certificates[0])?.daysBefore
  if (!['certificate_expiry', 'webhook_certificate_expiry'].includes(kind)) return kindWords[kind]
  if (days === null || days === undefined) return kindWords[kind]
  if (certificateCount > 1) return `${certificateCount.toLocaleString('en')} certificates expire`
  if (days < 0) return `Expired ${countText(-days, 'day', 'days')} ago`
  return days === 0 ? 'Expires today' : `Expires in ${countText(days, 'day', 'days')}`
}

/** Why nothing is sent; empty where something is. */
export const describeSilence = ({ state, silence }: NotificationView): string => {
  if (silence === null) return ''
  return state === 'planned'
    ? `Not sent while ${silenceWords[silence].replace(' was ', ' is ')}.`
    : `Not sent: ${silenceWords[silence]}.`
}

/** The team address, and whether emails to it arrive. */
export const describeTeamAddress = ({
  teamAddress,
  teamAddressState,
}: Pick<NotificationSettingsView, 'teamAddress' | 'teamAddressState'>): string =>
  teamAddress === null
    ? 'None'
    : teamAddressState === 'waiting'
      ? `${teamAddress} (not confirmed yet: gets no emails)`
      : teamAddress

/** A recipient with the reason. */
export function describeRecipient({
  email,
  reason,
  isUnsubscribed,
}: NotificationView['recipients'][number]): string {
  const words = [reasonWords[reason], ...(isUnsubscribed ? ['unsubscribed'] : [])].filter(
    (word) => word !== '',
  )
  return words.length === 0 ? email : `${email} (${words.join(', ')})`
}
