import { z } from 'zod'
import { ActorView } from './actor.ts'
import {
  EnvironmentName,
  OrganizationParams,
  PageQuery,
  PublicKeySha256,
  SortOrder,
  severalOf,
  Timestamp,
  timeRange,
} from './common.ts'
import { certificateSourceNames, keyKindNames, revocationReasonNames } from './enum-names.ts'
import { CertificateId } from './ids.ts'
import { line, searchText } from './text.ts'

export const certificateStatuses = [
  'draft',
  'pending',
  'issued',
  'expired',
  'revoked',
  'rejected',
  'cancelled',
] as const
export type CertificateStatus = (typeof certificateStatuses)[number]

export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
] as const

/** A reason for a revocation (RFC 5280, section 5.3.1). */
export const RevocationReason = z.enum(revocationReasonNames.names).meta({
  id: 'RevocationReason',
  description:
    'As in RFC 5280, section 5.3.1. `key_compromise` also revokes the other valid certificates of the same key.',
})
export type RevocationReason = z.output<typeof RevocationReason>

/**
 * Source of a certificate: issued by Postern, by an issuer that operators trust, or by an unknown CA (pinned
 * certificate).
 */
export const certificateSources = ['postern', 'trusted-issuer', 'pinned'] as const
export type CertificateSource = (typeof certificateSources)[number]

/** The media type of each file format in which a certificate can be downloaded. */
export const downloadMediaTypes = {
  pem: 'application/x-pem-file',
  chain: 'application/x-pem-file',
  fullchain: 'application/x-pem-file',
  der: 'application/pkix-cert',
  p7b: 'application/x-pkcs7-certificates',
  ca_bundle: 'application/x-pem-file',
  server_ca: 'application/x-pem-file',
  package: 'application/zip',
} as const
export type DownloadForm = keyof typeof downloadMediaTypes
const downloadForms = Object.keys(downloadMediaTypes) as [DownloadForm, ...DownloadForm[]]

export const CertificateParams = OrganizationParams.extend({ certificateId: CertificateId })
export const DownloadParams = CertificateParams.extend({
  form: z.enum(downloadForms).meta({
    description: Object.entries(downloadMediaTypes)
      .map(([form, type]) => `\`${form}\`: ${type}`)
      .join('; '),
  }),
})

export const SubjectInput = z
  .object({
    organizationName: z.string().max(400),
    country: z.string().max(2),
    state: z.string().max(400).default(''),
  })
  .meta({ id: 'SubjectInput' })

const SubjectView = z.object({ organizationName: z.string(), country: z.string(), state: z.string() })

const details = {
  description: line(500),
  owner: line(200),
  relatedService: line(200),
  rotationPolicy: line(200),
  contacts: z
    .array(z.email().max(254))
    .max(20)
    .meta({ description: 'Who is written to; a team mailbox among them.' }),
}

/** A CSR in PEM, or DER in base64, including surrounding text that users paste with it. */
const csr = z.string().max(60_000)

export const NewCertificate = z
  .object({
    description: details.description.default(''),
    owner: details.owner.default(''),
    relatedService: details.relatedService.default(''),
    rotationPolicy: details.rotationPolicy.default(''),
    contacts: details.contacts.default([]),
    subject: SubjectInput.optional().meta({
      description: 'For the pre-filled command; the organization’s own details where not given. Not binding.',
    }),
    keyKind: z
      .enum(keyKindNames.names)
      .optional()
      .meta({ description: 'Which key the pre-filled command makes.' }),
    csr: csr.optional().meta({
      description:
        'Submits this CSR immediately, as PEM text, or DER in base64; at most 16 KiB of CSR. If it is rejected, nothing is created.',
    }),
  })
  .meta({ id: 'NewCertificate' })
export type NewCertificate = z.output<typeof NewCertificate>

export const CertificateChange = z
  .object({
    ...details,
    subject: SubjectInput.meta({ description: 'Only while the certificate is a draft.' }),
    keyKind: z.enum(keyKindNames.names).meta({ description: 'Only while the certificate is a draft.' }),
  })
  .partial()
  .meta({ id: 'CertificateChange' })
export type CertificateChange = z.output<typeof CertificateChange>

export const CertificateRequestInput = z
  .object({
    csr: csr.meta({ description: 'PEM text, or DER in base64; at most 16 KiB of CSR.' }),
  })
  .meta({ id: 'CertificateRequestInput' })

export const Revocation = z
  .object({
    reason: RevocationReason,
    name: z.string().max(100).meta({ description: 'The name of the certificate, typed as a confirmation.' }),
  })
  .meta({ id: 'Revocation' })

export const CertificateSort = z.enum(['created', 'name', 'expires', 'last_used'])
export const CertificateListQuery = PageQuery.extend({
  ...timeRange,
  environment: EnvironmentName.optional(),
  status: severalOf(z.enum(certificateStatuses)),
  name: z.string().max(100).optional().meta({ description: 'Exactly this name.' }),
  publicKeySha256: PublicKeySha256.optional(),
  expiresBefore: Timestamp.optional().meta({ description: 'Valid until a moment before this one.' }),
  owner: z.enum(['gone']).optional().meta({ description: '`gone`: those whose `isOwnerGone` is true.' }),
  text: searchText
    .optional()
    .meta({ description: 'Part of a name, description, serial number or fingerprint.' }),
  sort: CertificateSort.default('created'),
  order: SortOrder.optional().meta({
    description: 'Without it: the newest and the latest used first, names and expiries from the first on.',
  }),
})

export const CertificateSummary = z
  .object({
    id: CertificateId,
    name: z.string(),
    environment: z.string(),
    description: z.string(),
    status: z.enum(certificateStatuses),
    createdAt: Timestamp,
    issuedAt: Timestamp.nullable(),
    notBefore: Timestamp.nullable(),
    notAfter: Timestamp.nullable(),
    source: z.enum(certificateSourceNames.names),
    isOwnerGone: z.boolean().meta({
      description:
        'Whether the user who created it is no longer a member of the organization. Whoever then changes `owner` or `contacts` takes it over. Never for what a key of the organization created.',
    }),
  })
  .meta({ id: 'CertificateSummary' })
export type CertificateSummary = z.output<typeof CertificateSummary>

/** The use of a certificate, apart from the certificate, which holds still while it is used. */
export const CertificateUse = z
  .object({
    certificateId: CertificateId,
    firstUsedAt: Timestamp.nullable(),
    lastUsedAt: Timestamp.nullable().meta({ description: 'When the gateway last accepted it.' }),
    lastDeniedAt: Timestamp.nullable().meta({
      description: 'When the gateway last denied a connection or a request with it.',
    }),
    callsByHour: z
      .array(z.number().int())
      .length(24)
      .meta({ description: 'Calls in the last 24 hours, oldest hour first.' }),
  })
  .meta({ id: 'CertificateUse' })
export type CertificateUse = z.output<typeof CertificateUse>

const Difference = z.object({ field: z.string(), requested: z.string(), certified: z.string() })

const IssuedDetails = z
  .object({
    serialNumber: z.string(),
    subject: z.string(),
    uri: z.string().nullable(),
    issuer: z.string(),
    issuerRetiresAt: Timestamp.nullable().meta({
      description: 'From when on the gateways deny the certificates of its issuer; null means never.',
    }),
    chain: z.array(z.object({ subject: z.string(), notAfter: Timestamp })),
    fingerprintSha256: z.string(),
    fingerprintSha1: z.string(),
    thumbprint: z.string().meta({ description: '`x5t#S256` of RFC 8705' }),
    pem: z.string(),
  })
  .meta({ id: 'IssuedDetails' })
const DecisionView = z
  .object({ by: ActorView, at: Timestamp, outcome: z.enum(['approved', 'rejected']), reason: z.string() })
  .meta({ id: 'DecisionDetails' })
const RevocationView = z
  .object({ reason: RevocationReason, at: Timestamp, by: ActorView })
  .meta({ id: 'RevocationDetails' })

/** What a certificate says of itself by qualified certificate statements (ETSI EN 319 412-5, TS 119 495). */
export const QualifiedDetailsView = z
  .object({
    readable: z.boolean().meta({ description: 'False if the statements are not what their standards say.' }),
    qualified: z.boolean().meta({ description: 'Whether it claims to be an EU qualified certificate.' }),
    types: z.array(z.string()).meta({
      description: '`web` for a QWAC, `eseal`, `esign`, or another type as an object identifier.',
    }),
    organizationIdentifier: z.string().nullable().meta({ description: 'Such as `PSDGB-FCA-123456`.' }),
    roles: z.array(z.string()).meta({
      description: 'PSD2 roles: `PSP_AS`, `PSP_PI`, `PSP_AI`, `PSP_IC`, or another one with its identifier.',
    }),
    authorityName: z.string().nullable().meta({ description: 'The national competent authority.' }),
    authorityId: z.string().nullable(),
  })
  .meta({ id: 'QualifiedDetails', description: 'As the certificate says; not compared with any register.' })
export type QualifiedDetailsView = z.output<typeof QualifiedDetailsView>

const certificateFields = CertificateSummary.extend({
  owner: z.string(),
  relatedService: z.string(),
  rotationPolicy: z.string(),
  contacts: z.array(z.string()),
  subject: SubjectView.meta({ description: 'What the pre-filled command asks for; not binding.' }),
  certifiedSubject: SubjectView.meta({
    description: 'What the certificate carries: the organization as Postern knows it.',
  }),
  keyKind: z.enum(keyKindNames.names),
  createdBy: ActorView,
  request: z
    .object({
      csr: z.string().meta({ description: 'PEM' }),
      submittedAt: Timestamp,
      submittedBy: ActorView,
      submittedFrom: z.string(),
      subject: z.string().meta({ description: 'As the request asks for it (RFC 4514); not binding.' }),
      keyAlgorithm: z.string(),
      publicKeySha256: z.string(),
      differences: z.array(Difference),
      requestedPrivileges: z
        .array(z.string())
        .meta({ description: 'What a client may not have, such as issuing certificates; not certified.' }),
    })
    .nullable(),
  external: z
    .object({
      subject: z.string(),
      issuer: z.string(),
      keyAlgorithm: z.string(),
      notAfter: Timestamp,
      fingerprintSha256: z.string(),
      qualified: QualifiedDetailsView.nullable(),
      revokedByIssuer: z
        .object({
          issuer: z.string().meta({ description: 'The CA that says so (RFC 4514).' }),
          since: Timestamp,
          authority: z.string().nullable().meta({
            description: 'The revoked CA above the certificate; null if it is the certificate itself.',
          }),
        })
        .nullable()
        .meta({ description: 'What its CRL or OCSP says of a revoked one; null otherwise.' }),
      proof: z.object({
        method: z.enum(['signature', 'handshake']),
        challenge: z.string(),
        signature: z
          .string()
          .nullable()
          .meta({ description: 'Base64; null where a call has proven the key.' }),
        clientAddress: z.string().nullable(),
        at: Timestamp,
      }),
    })
    .nullable()
    .meta({
      description: 'Of a certificate of another authority: what was registered, and the proof of its key.',
    }),
  decision: DecisionView.nullable(),
  replaces: z.object({ id: CertificateId, name: z.string(), status: z.enum(certificateStatuses) }).nullable(),
  replacedBy: z
    .object({ id: CertificateId, name: z.string(), status: z.enum(certificateStatuses) })
    .nullable(),
})

const notIssued = {
  issuedAt: z.null(),
  notBefore: z.null(),
  notAfter: z.null(),
  issued: z.null(),
  revocation: z.null(),
}
const onceIssued = { issuedAt: Timestamp, notBefore: Timestamp, notAfter: Timestamp, issued: IssuedDetails }

/** A certificate as its status has it: what a status always has is never null in its variant. */
export const CertificateView = z
  .discriminatedUnion('status', [
    certificateFields
      .extend({
        status: z.literal('draft'),
        ...notIssued,
        endsAt: Timestamp.meta({
          description: 'When the draft is canceled unless it is changed or its CSR submitted before.',
        }),
        request: z.null(),
        external: z.null(),
        decision: z.null(),
      })
      .meta({ id: 'DraftCertificate' }),
    certificateFields
      .extend({ status: z.literal('pending'), ...notIssued })
      .meta({ id: 'PendingCertificate' }),
    certificateFields
      .extend({ status: z.literal('issued'), ...onceIssued, revocation: z.null() })
      .meta({ id: 'IssuedCertificate' }),
    certificateFields
      .extend({ status: z.literal('expired'), ...onceIssued, revocation: z.null() })
      .meta({ id: 'ExpiredCertificate' }),
    certificateFields
      .extend({ status: z.literal('revoked'), ...onceIssued, revocation: RevocationView })
      .meta({ id: 'RevokedCertificate' }),
    certificateFields
      .extend({ status: z.literal('rejected'), ...notIssued, decision: DecisionView })
      .meta({ id: 'RejectedCertificate' }),
    certificateFields
      .extend({ status: z.literal('cancelled'), ...notIssued })
      .meta({ id: 'CancelledCertificate' }),
  ])
  .meta({ id: 'Certificate' })
export type CertificateView = z.output<typeof CertificateView>
