import { z } from 'zod'
import { RevocationReason } from './certificate.ts'
import { CertificateId, IssuerId } from './ids.ts'

/** Maximum number of certificates that one call revokes. */
export const maxRevoked = 1000

export const BulkRevocation = z
  .object({
    issuerId: IssuerId.optional(),
    publicKeySha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must have 64 hexadecimal digits, lower case')
      .optional()
      .meta({ description: 'SHA-256 of the SubjectPublicKeyInfo, hex.' }),
    serialNumbers: z
      .array(z.string().regex(/^[0-9a-f]{1,40}$/, 'must have 1 to 40 hexadecimal digits, lower case'))
      .min(1)
      .max(maxRevoked)
      .optional(),
    reason: RevocationReason,
    expected: z
      .number()
      .int()
      .min(1)
      .nullable()
      .default(null)
      .meta({ description: 'How many the dry run named. Null is a dry run: nothing is revoked.' }),
  })
  .refine(
    ({ issuerId, publicKeySha256, serialNumbers }) =>
      [issuerId, publicKeySha256, serialNumbers].filter((given) => given !== undefined).length === 1,
    'must name one of issuerId, publicKeySha256 and serialNumbers',
  )
  .meta({ id: 'BulkRevocation' })
export type BulkRevocation = z.output<typeof BulkRevocation>

export const BulkRevocationView = z
  .object({
    matching: z.number().int().meta({ description: 'Valid certificates that fit, before this call.' }),
    revoked: z
      .number()
      .int()
      .meta({ description: `Revoked by this call, at most ${maxRevoked}.` }),
    certificates: z
      .array(
        z.object({ id: CertificateId, name: z.string(), organization: z.string(), environment: z.string() }),
      )
      .meta({ description: 'The first 200 that fit.' }),
  })
  .meta({ id: 'BulkRevocationResult' })
export type BulkRevocationView = z.output<typeof BulkRevocationView>
