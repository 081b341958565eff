import { z } from 'zod'
import { EnvironmentName, Id, Timestamp } from './common.ts'

export const AuthorityParams = z.object({ environment: EnvironmentName })

/** Where the private key of an issuer is: sealed in the store, in a token of an HSM, or with somebody who keeps it. */
export const KeyLocation = z.enum(['store', 'pkcs11', 'offline'])
export type KeyLocation = z.output<typeof KeyLocation>

/** A root or an issuing CA, and what hangs on it. */
export const AuthorityView = z
  .object({
    id: Id,
    kind: z.enum(['root', 'issuing']),
    environment: z.string().nullable(),
    subject: z.string(),
    serialNumber: z.string(),
    fingerprintSha256: z.string(),
    key: z.string(),
    keyLocation: KeyLocation.meta({
      description: 'An offline root signs nothing; its revocation list has to be renewed by hand.',
    }),
    notBefore: Timestamp,
    notAfter: Timestamp,
    signing: z.boolean().meta({ description: 'Whether new certificates of its environment come from it.' }),
    valid: z.number().int().meta({ description: 'Its certificates that are issued and not over.' }),
    revoked: z.number().int(),
    organizations: z
      .array(z.object({ slug: z.string(), valid: z.number().int() }))
      .meta({ description: 'Who still has valid certificates of it, the most first; at most 100.' }),
    revocationList: z
      .object({ number: z.number().int(), thisUpdate: Timestamp, nextUpdate: Timestamp, address: z.string() })
      .nullable(),
    certificateAddress: z.string(),
  })
  .meta({ id: 'Authority' })
export type AuthorityView = z.output<typeof AuthorityView>
