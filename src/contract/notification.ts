import { z } from 'zod'
import { PageQuery, severalOf, Timestamp } from './common.ts'
import { CertificateId, WebhookClientCertificateId, WebhookId } from './ids.ts'

/** What became of a notification. */
export const notificationStates = ['planned', 'queued', 'sent', 'failed', 'skipped', 'withheld'] as const
export type NotificationState = (typeof notificationStates)[number]

/** What a notification is about. */
export const notificationKinds = [
  'certificate_expiry',
  'certificate_ready',
  'certificate_rejected',
  'certificate_revoked',
  'ca_retirement',
  'enforcement',
  'membership',
  'emails_withheld',
  'signals',
  'webhook_certificate_expiry',
  'other',
] as const
export type NotificationKind = (typeof notificationKinds)[number]

const recipientReasons = ['contact', 'submitter', 'team', 'member', 'admin', 'other'] as const
const silences = ['replaced', 'later_step_due', 'organization_not_active'] as const

export const NotificationListQuery = PageQuery.extend({
  state: severalOf(z.enum(notificationStates)),
  certificateId: CertificateId.optional().meta({ description: 'Only those about this certificate.' }),
})

const NotificationCertificate = z
  .object({
    id: CertificateId,
    name: z.string(),
    environment: z.string(),
    notAfter: Timestamp.nullable(),
    daysBefore: z.number().int().nullable().meta({
      description: 'The step of its expiry: days before its end, negative after it. Null for other kinds.',
    }),
  })
  .meta({ id: 'NotificationCertificate' })

const NotificationWebhookCertificate = z
  .object({
    id: WebhookClientCertificateId,
    webhookId: WebhookId,
    webhookName: z.string(),
    notAfter: Timestamp,
    daysBefore: z.number().int().nullable().meta({
      description: 'The step of its expiry: days before its end, negative after it.',
    }),
  })
  .meta({ id: 'NotificationWebhookCertificate' })

/** An email to somebody about an organization, or one that is planned or was skipped. */
export const NotificationView = z
  .object({
    id: z.string().nullable().meta({ description: 'Null while it is planned.' }),
    state: z.enum(notificationStates),
    kind: z.enum(notificationKinds),
    at: Timestamp.meta({ description: 'When it is due, or was queued or skipped.' }),
    sentAt: Timestamp.nullable(),
    subject: z.string().nullable().meta({ description: 'Null for one without an email.' }),
    recipients: z
      .array(
        z.object({
          email: z.string(),
          reason: z.enum(recipientReasons).meta({ description: 'Why this person gets it.' }),
          isUnsubscribed: z.boolean().meta({
            description:
              'Whether the address has unsubscribed by now. A planned one goes to it because nobody else would get it.',
          }),
        }),
      )
      .meta({ description: 'Of a planned one, those who would get it now.' }),
    unsubscribed: z.array(z.string()).meta({
      description: 'Of a planned one, the contacts that do not get it because they have unsubscribed.',
    }),
    certificates: z.array(NotificationCertificate).meta({ description: 'The first 20.' }),
    certificateCount: z.number().int(),
    webhookCertificate: NotificationWebhookCertificate.nullable().meta({
      description:
        'The client certificate of a webhook that it is about; null otherwise, and once it is deleted.',
    }),
    silence: z.enum(silences).nullable().meta({
      description: 'Why it was skipped, or why a planned one would be.',
    }),
  })
  .meta({ id: 'Notification' })
export type NotificationView = z.output<typeof NotificationView>
