import { z } from 'zod'
import { ActorView } from './actor.ts'
import { RevocationReason } from './certificate.ts'
import { EnvironmentName, OrganizationSlug, PublicKeySha256, Timestamp } from './common.ts'
import { dryRunProblem, dryRunRule, expectedCount } from './dry-run.ts'
import { BulkRevocationId, CertificateId, IssuerId } from './ids.ts'

/** Maximum number of serial numbers that one request names. */
const maxSerialNumbers = 1000

const selection = {
  issuerId: IssuerId.meta({ description: 'All valid certificates of this issuing CA.' }),
  publicKeySha256: PublicKeySha256,
  serialNumbers: z.array(
    z.string().regex(/^[0-9a-f]{1,40}$/, 'must have 1 to 40 hexadecimal digits, lower case'),
  ),
}

const isOne = (given: { [Name in keyof typeof selection]?: unknown }): boolean =>
  [given.issuerId, given.publicKeySha256, given.serialNumbers].filter((one) => one !== undefined).length === 1

/** A new bulk revocation as operators send it. */
export const NewBulkRevocation = z
  .object({
    issuerId: selection.issuerId.optional(),
    publicKeySha256: selection.publicKeySha256.optional(),
    serialNumbers: selection.serialNumbers.min(1).max(maxSerialNumbers).optional(),
    reason: RevocationReason,
    dryRun: z.boolean().optional().meta({ description: 'Whether to count only, and to revoke nothing.' }),
    expectedCount: expectedCount(1).optional().meta({
      description:
        'How many certificates the dry run counted. If another number fits now, nothing is revoked (409 `conflict`).',
    }),
  })
  .refine(isOne, 'must name one of issuerId, publicKeySha256 and serialNumbers')
  .refine(dryRunRule, { path: ['expectedCount'], message: dryRunProblem })
  .meta({ id: 'NewBulkRevocation' })
export type NewBulkRevocation = z.output<typeof NewBulkRevocation>

/** How far a bulk revocation is. */
export const bulkRevocationStates = ['dry_run', 'running', 'done', 'failed'] as const
export type BulkRevocationState = (typeof bulkRevocationStates)[number]

export const BulkRevocationParams = z.object({ bulkRevocationId: BulkRevocationId })

/** A bulk revocation, or the dry run of one. */
export const BulkRevocationView = z
  .object({
    id: BulkRevocationId,
    state: z.enum(bulkRevocationStates).meta({
      description:
        'A dry run revokes nothing. What has failed was tried again for two days: look at the log, and create another.',
    }),
    issuerId: selection.issuerId.nullable(),
    publicKeySha256: selection.publicKeySha256.nullable(),
    serialNumbers: selection.serialNumbers.nullable(),
    reason: RevocationReason,
    matching: z.number().int().meta({ description: 'Valid certificates that fit when it was created.' }),
    revoked: z.number().int().meta({ description: 'Those that it has revoked.' }),
    skipped: z
      .number()
      .int()
      .meta({ description: 'Those that had expired or had been revoked before their turn.' }),
    createdAt: Timestamp,
    createdBy: ActorView,
    finishedAt: Timestamp.nullable(),
  })
  .meta({ id: 'BulkRevocation' })
export type BulkRevocationView = z.output<typeof BulkRevocationView>

/** A certificate of a bulk revocation. */
export const BulkRevocationItem = z
  .object({
    certificateId: CertificateId,
    name: z.string(),
    organization: OrganizationSlug,
    environment: EnvironmentName,
    outcome: z
      .enum(['revoked', 'skipped'])
      .nullable()
      .meta({ description: 'Null until its turn, and in a dry run.' }),
    settledAt: Timestamp.nullable(),
  })
  .meta({ id: 'BulkRevocationItem' })
export type BulkRevocationItem = z.output<typeof BulkRevocationItem>
