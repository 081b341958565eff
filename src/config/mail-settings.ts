import { z } from 'zod'
import { defaultEmailLimits } from '../contract/email-limits.ts'
import { host, mailAddress } from './check-address.ts'
import { Count, Port } from './setting-types.ts'

/** Email as the file describes it. */
export const MailSettings = z
  .strictObject({
    from: mailAddress().default('Postern <postern@localhost>'),
    smtp: z
      .strictObject({
        host: host(),
        port: Port.default(587),
        secure: z
          .boolean()
          .default(false)
          .describe('TLS from the first byte; else STARTTLS, which the server must offer.'),
        unencrypted: z
          .boolean()
          .default(false)
          .describe(
            'Send without TLS, for a server on this machine. In production not together with a user.',
          ),
        ca: z
          .string()
          .optional()
          .describe('PEM file of the CAs that the certificate of the server may come from.'),
        user: z
          .string()
          .optional()
          .describe('The password comes from POSTERN_SMTP_PASSWORD or POSTERN_SMTP_PASSWORD_FILE.'),
      })
      .optional(),
    limits: z
      .strictObject({
        perHour: Count.default(defaultEmailLimits.perHour).describe(
          'To members of the organization and to operators.',
        ),
        externalPerHour: Count.default(defaultEmailLimits.externalPerHour).describe(
          'To contacts who are not members.',
        ),
        perRecipientPerDay: Count.default(defaultEmailLimits.perRecipientPerDay).describe(
          'To one member or operator.',
        ),
        externalPerRecipientPerDay: Count.default(defaultEmailLimits.externalPerRecipientPerDay).describe(
          'To one contact who is not a member.',
        ),
      })
      .prefault({})
      .describe('How many letters each organization may cause.'),
  })
  .prefault({})
