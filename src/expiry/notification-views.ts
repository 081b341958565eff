import type { NotificationKind, NotificationState, NotificationView } from '../contract/notification.ts'
import { toText } from '../shapes/moment.ts'
import type { SkipReason } from './expiry-steps.ts'
import { recipientRoles } from './recipient-roles.ts'

/** A certificate that an email tells of. Times are milliseconds since 1970. */
export interface LetterCertificate {
  id: string
  name: string
  environment: string
  notAfter: number | null
  days: number | null
}

/** What an email tells of, and why its recipient got it. */
export interface Letter {
  role: string
  count: number
  certificates: LetterCertificate[]
}

/** An email of the outbox. */
export interface EmailRow {
  id: string
  key: string
  recipient: string
  subject: string
  created_at: number
  sent_at: number | null
  withheld: string | null
}

/** A step of which nobody was told. */
export interface SkippedRow {
  id: string
  plan_id: string
  not_after: number
  days: number
  at: number
  reason: string | null
  name: string
  environment: string
}

/** Returns a certificate as users see it. */
export const toCertificate = ({ id, name, environment, notAfter, days }: LetterCertificate) => ({
  ...{ id, name, environment },
  notAfter: toText(notAfter),
  daysBefore: days,
})

/** Returns a step that was skipped. */
export const toSkippedView = (row: SkippedRow): NotificationView => ({
  ...{ id: row.id, state: 'skipped', kind: 'certificate_expiry', at: toText(row.at) },
  ...{ sentAt: null, subject: null, recipients: [], unsubscribed: [], certificateCount: 1 },
  webhookCertificate: null,
  certificates: [
    toCertificate({
      ...{ id: row.plan_id, name: row.name, environment: row.environment },
      ...{ notAfter: row.not_after, days: row.days },
    }),
  ],
  silence: row.reason as SkipReason | null,
})

/** The kind of the emails whose key begins so. */
const kinds: Readonly<Record<string, NotificationKind>> = {
  'certificate-expires': 'certificate_expiry',
  'certificate-ready': 'certificate_ready',
  'certificate-rejected': 'certificate_rejected',
  'certificate-revoked': 'certificate_revoked',
  'issuer-retires': 'ca_retirement',
  'enforcement-planned': 'enforcement',
  'enforcement-withdrawn': 'enforcement',
  'enforcement-held': 'enforcement',
  'enforcement-began': 'enforcement',
  'membership-ended': 'membership',
  'emails-withheld': 'emails_withheld',
  signals: 'signals',
  'webhook-certificate-expires': 'webhook_certificate_expiry',
}

/** Returns the ID of the certificate that an email with this key is about alone. */
export const certificateOf = (key: string): string | undefined =>
  /^certificate-(?:ready|rejected|revoked):([^:]+):/.exec(key)?.[1]

/** Returns an email, with what it tells of. */
export function toEmailView(
  row: EmailRow,
  letter: Letter | undefined,
  {
    names,
    unsubscribed,
    ofWebhooks,
  }: {
    names: ReadonlyMap<string, LetterCertificate>
    unsubscribed: ReadonlySet<string>
    ofWebhooks: ReadonlyMap<string, NonNullable<NotificationView['webhookCertificate']>>
  },
): NotificationView {
  const own = names.get(certificateOf(row.key) ?? '')
  const certificates = letter?.certificates ?? (own === undefined ? [] : [own])
  return {
    ...{ id: row.id, state: stateOf(row), kind: kinds[row.key.split(':', 1)[0] ?? ''] ?? 'other' },
    ...{ at: toText(row.created_at), sentAt: toText(row.sent_at), subject: row.subject },
    recipients: [
      {
        email: row.recipient,
        reason: recipientRoles.find((role) => role === letter?.role) ?? 'other',
        isUnsubscribed: unsubscribed.has(row.recipient.toLowerCase()),
      },
    ],
    unsubscribed: [],
    certificates: certificates.map(toCertificate),
    certificateCount: letter?.count ?? certificates.length,
    webhookCertificate: ofWebhooks.get(row.key) ?? null,
    silence: null,
  }
}

function stateOf({ sent_at: sentAt, withheld }: EmailRow): NotificationState {
  if (withheld === 'undeliverable') return 'failed'
  if (withheld !== null) return 'withheld'
  return sentAt === null ? 'queued' : 'sent'
}
