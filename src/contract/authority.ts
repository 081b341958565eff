import { z } from 'zod'
import { EnvironmentName, Timestamp } from './common.ts'
import { dryRunProblem, dryRunRule, expectedCount } from './dry-run.ts'
import { IssuerId } from './ids.ts'

export const AuthorityParams = z.object({ environment: EnvironmentName })

/**
 * Location of an issuer's private key: sealed in the store, in a token of an HSM, or offline with its
 * custodian.
 */
export const KeyLocation = z.enum(['store', 'pkcs11', 'offline'])
export type KeyLocation = z.output<typeof KeyLocation>

/** A root, issuing or external CA. */
export const AuthorityView = z
  .object({
    id: IssuerId,
    kind: z.enum(['root', 'issuing', 'external']).meta({
      description:
        'An external CA belongs to another organization: its certificates can be registered, none is issued.',
    }),
    environment: z.string().nullable(),
    subject: z.string(),
    serialNumber: z.string(),
    fingerprintSha256: z.string(),
    keyAlgorithm: z.string().meta({ description: 'For people, such as `EC P-256`.' }),
    keyLocation: KeyLocation.nullable().meta({
      description:
        'An offline root signs nothing; its revocation list has to be renewed by hand. Null for an external CA.',
    }),
    notBefore: Timestamp,
    notAfter: Timestamp,
    signsNewCertificates: z
      .boolean()
      .meta({ description: 'Whether new certificates of its environment come from it.' }),
    retiresAt: Timestamp.nullable().meta({
      description: 'From when on the gateways deny its certificates; null means never.',
    }),
    certificateUrl: z.string().nullable(),
    revocationListUrl: z.string().nullable().meta({ description: 'Null for an external CA.' }),
    pem: z.string(),
  })
  .meta({ id: 'CertificateAuthority' })
export type AuthorityView = z.output<typeof AuthorityView>

/** What a CA has issued so far, apart from the CA itself, which only operators change. */
export const AuthorityUse = z
  .object({
    issuerId: IssuerId,
    validCertificates: z
      .number()
      .int()
      .meta({ description: 'Its certificates that are issued and have not expired.' }),
    revokedCertificates: z.number().int(),
    organizations: z
      .array(z.object({ slug: z.string(), validCertificates: z.number().int() }))
      .meta({ description: 'Who still has valid certificates of it, the most first; at most 100.' }),
    revocationList: z
      .object({ number: z.number().int(), thisUpdate: Timestamp, nextUpdate: Timestamp })
      .nullable()
      .meta({ description: 'Its newest CRL. Null until the first is published, and for an external CA.' }),
  })
  .meta({ id: 'CertificateAuthorityUse' })
export type AuthorityUse = z.output<typeof AuthorityUse>

export const IssuerParams = z.object({ issuerId: IssuerId })

export const NewTrustedIssuer = z
  .object({ certificate: z.string().max(120_000).meta({ description: 'PEM, or DER in base64.' }) })
  .meta({ id: 'NewTrustedIssuer' })

export const Retirement = z
  .object({
    retiresAt: Timestamp.nullable().meta({ description: 'Null removes a date that was set.' }),
    dryRun: z.boolean().optional().meta({ description: 'Whether to count only, and to set nothing.' }),
    expectedCount: expectedCount(0).optional().meta({
      description:
        'How many certificates the dry run counted; not needed to remove a date. If another number would stop, nothing is set (409 `conflict`).',
    }),
  })
  .refine((given) => dryRunRule(given) || (given.retiresAt === null && given.dryRun !== true), {
    path: ['expectedCount'],
    message: dryRunProblem,
  })
  .meta({ id: 'Retirement' })
export type Retirement = z.output<typeof Retirement>

export const RetirementView = z
  .object({
    issuerId: IssuerId,
    retiresAt: Timestamp.nullable(),
    applied: z.boolean().meta({ description: 'False where this was a dry run.' }),
    affectedCertificates: z
      .number()
      .int()
      .meta({ description: 'Valid certificates that would not have expired by then.' }),
    organizations: z
      .array(z.object({ slug: z.string(), affectedCertificates: z.number().int() }))
      .meta({ description: 'Whose they are, the most first; at most 100.' }),
  })
  .meta({ id: 'RetirementResult' })
export type RetirementView = z.output<typeof RetirementView>
