import { z } from 'zod'
import { ActorView } from './actor.ts'
import { NewCertificate, QualifiedDetailsView } from './certificate.ts'
import {
  EnvironmentName,
  OrganizationParams,
  PageQuery,
  SortOrder,
  severalOf,
  Timestamp,
  timeRange,
} from './common.ts'
import { certificateSourceNames } from './enum-names.ts'
import { CertificateId, RegistrationId } from './ids.ts'

/**
 * The kind of the jobs that complete a registration after a call has proven possession of the key; their key
 * is the id of the registration.
 */
export const proveJob = 'prove-registration'

/** Whether a registration waits for the proof of its key. */
export const registrationStatuses = ['pending', 'registered', 'expired'] as const
export type RegistrationStatus = (typeof registrationStatuses)[number]

export const RegistrationListQuery = PageQuery.extend({
  ...timeRange,
  environment: EnvironmentName.optional(),
  status: severalOf(z.enum(registrationStatuses)),
  order: SortOrder.optional().meta({ description: 'By the time of creation; `desc` without it.' }),
})

export const RegistrationParams = OrganizationParams.extend({ registrationId: RegistrationId })

export const NewRegistration = NewCertificate.omit({ subject: true, keyKind: true, csr: true })
  .extend({
    certificate: z.string().max(120_000).meta({
      description: 'PEM: the client certificate and those of its issuers; or one as DER in base64.',
    }),
    replaces: CertificateId.optional().meta({ description: 'The certificate that this one succeeds.' }),
  })
  .meta({ id: 'NewRegistration' })
export type NewRegistration = z.output<typeof NewRegistration>

export const Proof = z
  .object({
    signature: z
      .string()
      .min(1)
      .max(8192)
      .meta({ description: 'Of `challenge`, by the key of the certificate, in base64.' }),
  })
  .meta({ id: 'Proof' })

export const RegistrationView = z
  .object({
    id: RegistrationId,
    environment: z.string(),
    status: z.enum(registrationStatuses),
    source: z.enum(certificateSourceNames.names),
    subject: z.string(),
    issuer: z.string(),
    serialNumber: z.string(),
    fingerprintSha256: z.string(),
    keyAlgorithm: z.string(),
    qualified: QualifiedDetailsView.nullable(),
    notBefore: Timestamp,
    notAfter: Timestamp.meta({ description: 'When it, or the first of its issuers, ends.' }),
    challenge: z.string().meta({
      description:
        'The text whose signature proves possession of the key, or the body of a POST to `proofUrl` over a connection with the certificate.',
    }),
    proofUrl: z.string(),
    createdAt: Timestamp,
    createdBy: ActorView,
    expiresAt: Timestamp,
    lastProblem: z.string().nullable().meta({ description: 'Why the last call did not suffice as a proof.' }),
    certificateId: CertificateId.nullable(),
  })
  .meta({ id: 'Registration' })
export type RegistrationView = z.output<typeof RegistrationView>

/** The content of the challenge file with which a user registers a certificate; all of it is public. */
export interface ChallengeFile {
  registrationId: string
  organization: string
  environment: string
  /** SHA-256 of the certificate, hex. */
  fingerprintSha256: string
  challenge: string
}

const pattern =
  /^Postern: I have the key of this certificate and register it\r?\nregistration: (reg_[0-9a-z]{26})\r?\norganization: ([a-z0-9-]{1,40})\r?\nenvironment: ([a-z0-9-]{1,40})\r?\ncertificate: ([0-9a-f]{64})\r?\nchallenge: ([\w-]{43})\r?\n?$/

/** Formats the challenge file, which is signed or sent. */
export function formatChallengeFile(statement: ChallengeFile): string {
  const { registrationId, organization, environment, fingerprintSha256, challenge } = statement
  return [
    'Postern: I have the key of this certificate and register it',
    `registration: ${registrationId}`,
    `organization: ${organization}`,
    `environment: ${environment}`,
    `certificate: ${fingerprintSha256}`,
    `challenge: ${challenge}`,
    '',
  ].join('\n')
}

/**
 * Finds the challenge in a text, with any line ends. Returns undefined if the text is not a challenge file.
 */
export function findChallengeFile(text: string): ChallengeFile | undefined {
  const [, registrationId, organization, environment, fingerprintSha256, challenge] = pattern.exec(text) ?? []
  if (!registrationId || !organization || !environment || !fingerprintSha256 || !challenge) return undefined
  return { registrationId, organization, environment, fingerprintSha256, challenge }
}
