import { z } from 'zod'
import { Timestamp } from './common.ts'
import { lostRevocationKindNames, lostRevocationOutcomeNames, restoreCauseNames } from './enum-names.ts'

/**
 * Losses that gateways can report after the store was restored to an older state. `…_unknown` and
 * `credential_limited` are reported to operators; the others are revoked or deleted again.
 */
export const lostRevocationKinds = [
  'certificate_revoked',
  'certificate_unknown',
  'credential_deleted',
  'credential_unknown',
  'credential_limited',
  'secret_ended',
  'key_ended',
  'plan_enforced',
  'migration_limited',
  'issuer_retired',
  'organization_stopped',
] as const
export type LostRevocationKind = (typeof lostRevocationKinds)[number]

/** One object that was revoked or deleted, or that the store no longer has. */
export interface LostRevocation {
  kind: LostRevocationKind
  subjectId: string
  organizationId: string | null
  environment: string | null
  /** Display name for users. */
  name: string
  detail: Record<string, string | number | null>
}

/**
 * `restored`: revoked or deleted again. `absent`: not in the store, or already revoked or deleted. `refused`:
 * an operator has to revoke or delete it. `told`: reported only, Postern can do nothing.
 */
export const lostRevocationOutcomes = ['restored', 'absent', 'refused', 'told'] as const
export type LostRevocationOutcome = (typeof lostRevocationOutcomes)[number]

const LostRevocationView = z.object({
  kind: z.enum(lostRevocationKindNames.names),
  name: z.string(),
  organization: z.string().nullable(),
  environment: z.string().nullable(),
  subjectId: z
    .string()
    .meta({ description: 'Its identifier; for a secret the identifier of its credentials.' }),
  fingerprintSha256: z.string().nullable(),
  serialNumber: z.string().nullable(),
  gateway: z.string().meta({ description: 'Host and process of the gateway that knows it.' }),
  outcome: z
    .enum(lostRevocationOutcomeNames.names)
    .nullable()
    .meta({ description: 'Null while this is pending; gateways deny it meanwhile.' }),
})

/** One restore of the store to an older state, and what gateways know of the lost state. */
export const StoreRestoreView = z
  .object({
    noticedAt: Timestamp,
    cause: z.enum(restoreCauseNames.names),
    noticedBy: z.string(),
    total: z.number().int(),
    lostRevocations: z.array(LostRevocationView).meta({ description: 'The first 200.' }),
  })
  .meta({ id: 'StoreRestore' })
export type StoreRestoreView = z.output<typeof StoreRestoreView>
