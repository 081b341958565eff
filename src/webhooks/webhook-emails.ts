import { type Email, writeBody } from '../shapes/email.ts'

/** What an email about a webhook is about, and who gets it. */
export interface WebhookNews {
  id: string
  name: string
  organizationId: string
  slug: string
  /** The environment of the page that the email leads to. */
  environment: string
  recipients: readonly string[]
}

const toEach = (
  portalUrl: string,
  { id, organizationId, slug, environment, recipients }: WebhookNews,
  { occasion, subject, lines }: { occasion: string; subject: string; lines: readonly string[] },
): Email[] =>
  recipients.map((recipient) => ({
    key: `${occasion}:${id}:${recipient}`,
    organizationId,
    recipient,
    subject,
    body: writeBody(lines, `${portalUrl}/o/${slug}/${environment}/webhooks/${id}`),
    isImportant: true,
  }))

/** Why Postern disables a webhook. */
export type PosternReason = 'failing' | 'gone' | 'no_secret'

const mend =
  'The page below shows what failed, and why. Mend the endpoint, send a test event, and enable the webhook. You can then send the failed events again.'

const disabledLines: Readonly<Record<PosternReason, (name: string) => readonly string[]>> = {
  gone: (name) => [
    `The endpoint of the webhook ${name} answered 410 Gone. Postern sends it no more events.`,
    mend,
  ],
  failing: (name) => [
    `Every delivery of the webhook ${name} has failed for 5 days. Postern disabled it, and sends it no more events.`,
    mend,
  ],
  no_secret: (name) => [
    `The webhook ${name} has no valid secret, for example because a backup was restored. Nothing can be signed, so Postern disabled the webhook, and sends it no more events.`,
    'Open the page below, rotate the secret, and enter the new one at your endpoint. Then send a test event, and enable the webhook. You can then send the failed events again.',
  ],
}

/** Returns the emails that Postern disabled a webhook. */
export const disabledEmails = (
  portalUrl: string,
  news: WebhookNews,
  { reason, now }: { reason: PosternReason; now: number },
): Email[] =>
  toEach(portalUrl, news, {
    occasion: `webhook-disabled:${now}`,
    subject: `Webhook ${news.name} was disabled`,
    lines: disabledLines[reason](news.name),
  })

/** Returns the emails that events of a webhook are dropped. */
export const queueFullEmails = (portalUrl: string, news: WebhookNews, now: number): Email[] =>
  toEach(portalUrl, news, {
    occasion: `webhook-queue-full:${now}`,
    subject: `Webhook ${news.name} is losing events`,
    lines: [
      `Too many deliveries of the webhook ${news.name} are waiting. Further events are dropped until some of them succeed or are given up.`,
      'The page below shows how many were dropped, and why the deliveries fail.',
    ],
  })
