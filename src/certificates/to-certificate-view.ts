import { createHash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { CertificateStatus, CertificateSummary, CertificateView } from '../contract/certificate.ts'
import { certificateSourceNames, keyKindNames, revocationReasonNames } from '../contract/enum-names.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { parsePublicKey } from '../pki/key/public-key.ts'
import { formatName } from '../pki/name/name.ts'
import { parseCertificateRequest } from '../pki/request/certificate-request.ts'
import { listDifferences } from '../pki/request/compare-request.ts'
import { toPem } from '../pki/text/pem.ts'
import { readActor } from '../shapes/actor.ts'
import { toText } from '../shapes/moment.ts'
import { type Certificate, draftLifetimeMs, statusAt } from './certificate.ts'
import type { Issuers } from './certificate-dependencies.ts'
import type { CertificateStore } from './certificate-store.ts'
import { issuerOf, readChain } from './read-chain.ts'
import { toQualifiedView } from './to-qualified-view.ts'

/** The dependencies of a certificate view. */
export interface PresentDependencies {
  certificates: CertificateStore
  issuers: Issuers
  clock: Clock
}

/** Returns a certificate as a list shows it at `now`; `gone` has the responsible users who are no longer members. */
export function summarize(
  certificate: Certificate,
  now: number,
  gone: ReadonlySet<string>,
): CertificateSummary {
  const { id, name, environment, description, createdAt, issued, responsibleUserId } = certificate
  const source = certificateSourceNames.toName(certificate.external?.source ?? 'postern')
  return {
    id,
    name,
    environment,
    description,
    source,
    status: statusAt(certificate, now),
    createdAt: toText(createdAt),
    issuedAt: toTextOrNull(issued?.issuedAt),
    notBefore: toTextOrNull(issued?.notBefore),
    notAfter: toTextOrNull(issued?.notAfter),
    isOwnerGone: responsibleUserId !== null && gone.has(responsibleUserId),
  }
}

/** Returns the complete view of a certificate. */
export async function toCertificateView(
  { certificates, issuers, clock }: PresentDependencies,
  certificate: Certificate,
): Promise<CertificateView> {
  const now = clock.now()
  const { owner, relatedService, rotationPolicy, contacts } = certificate
  const keyKind = keyKindNames.toName(certificate.keyKind)
  const { subject, certifiedSubject } = certificate
  const { replaces, replacedBy } = await certificates.findLineage(certificate)
  const gone = await certificates.findGone(certificate.organizationId, [certificate.responsibleUserId])
  const refer = (other: Certificate | undefined) =>
    other === undefined ? null : { id: other.id, name: other.name, status: statusAt(other, now) }
  const details = {
    ...summarize(certificate, now, gone),
    ...{ owner, relatedService, rotationPolicy, contacts, keyKind },
    createdBy: readActor(certificate.createdBy, certificate.createdByRef),
    ...{ subject, certifiedSubject },
    request: toRequestView(certificate),
    external: await toExternalView(certificates, certificate),
    decision: certificate.decision && toDecisionView(certificate.decision),
    replaces: refer(replaces),
    replacedBy: refer(replacedBy),
  }
  return toVariant(details, certificate, await toIssuedView(issuers, certificate))
}

type Common = Omit<Extract<CertificateView, { status: 'pending' }>, 'status' | keyof typeof notIssued>
type Issued = Extract<CertificateView, { status: 'issued' }>['issued']

const notIssued = { issuedAt: null, notBefore: null, notAfter: null, issued: null, revocation: null }

/** Returns the view of the certificate's status. Throws if the row lacks what the status always has. */
function toVariant(
  { status, ...common }: Common & { status: CertificateStatus },
  { name, createdAt, draftEndsAt, issued, revocation }: Certificate,
  view: Issued | null,
): CertificateView {
  const incomplete = () => new Error(`${name} is stored as ${status} without what that means`)
  if (status === 'draft')
    return {
      ...common,
      status,
      ...notIssued,
      endsAt: toText(draftEndsAt ?? createdAt + draftLifetimeMs),
      request: null,
      external: null,
      decision: null,
    }
  if (status === 'pending' || status === 'cancelled') return { ...common, status, ...notIssued }
  if (status === 'rejected') {
    if (common.decision === null) throw incomplete()
    return { ...common, status, ...notIssued, decision: common.decision }
  }
  if (issued === null || view === null) throw incomplete()
  const validity = {
    issuedAt: toText(issued.issuedAt),
    notBefore: toText(issued.notBefore),
    notAfter: toText(issued.notAfter),
  }
  if (status !== 'revoked') return { ...common, status, ...validity, issued: view, revocation: null }
  if (revocation === null) throw incomplete()
  return {
    ...common,
    status,
    ...validity,
    issued: view,
    revocation: toRevocationView(revocation),
  }
}

const toDecisionView = ({ by, byRef, at, approved, reason }: NonNullable<Certificate['decision']>) => ({
  by: readActor(by, byRef, 'operator'),
  at: toText(at),
  outcome: approved ? ('approved' as const) : ('rejected' as const),
  reason,
})

const toRevocationView = ({ by, byRef, at, reason }: NonNullable<Certificate['revocation']>) => ({
  reason: revocationReasonNames.toName(reason),
  at: toText(at),
  by: readActor(by, byRef),
})

function toRequestView({ name, request, certifiedSubject }: Certificate): CertificateView['request'] {
  if (request === null) return null
  const parsed = parseCertificateRequest(request.der)
  return {
    csr: toPem('CERTIFICATE REQUEST', request.der),
    submittedAt: toText(request.submittedAt),
    submittedBy: readActor(request.submittedBy, request.submittedByRef),
    submittedFrom: request.submittedFrom,
    subject: formatName(parsed.subject),
    keyAlgorithm: parsed.publicKey.label,
    publicKeySha256: hash('sha256', parsed.publicKey.spki).toString('hex'),
    differences: listDifferences(parsed, { ...certifiedSubject, commonName: name }),
    requestedPrivileges: parsed.asksForPower,
  }
}

async function toIssuedView(issuers: Issuers, certificate: Certificate): Promise<Issued | null> {
  const { issued } = certificate
  if (issued === null) return null
  const { subject, issuer, subjectAltNames, serialNumber } = parseCertificate(issued.der)
  const uri = subjectAltNames.find(({ type }) => type === 'uri')?.value ?? null
  const issuerId = issuerOf(certificate)
  return {
    serialNumber,
    subject: formatName(subject),
    uri,
    issuer: formatName(issuer),
    issuerRetiresAt: issuerId && toTextOrNull(await issuers.findRetirement(issuerId)),
    chain: (await readChain(issuers, certificate)).map(toIssuerView),
    fingerprintSha256: issued.fingerprintSha256,
    fingerprintSha1: hash('sha1', issued.der).toString('hex'),
    thumbprint: hash('sha256', issued.der).toString('base64url'),
    pem: toPem('CERTIFICATE', issued.der),
  }
}

type Link = Issued['chain'][number]
/** Cached, since issuers do not change and every certificate shows them. */
const links = new WeakMap<Uint8Array, Link>()

function toIssuerView(der: Uint8Array): Link {
  const known = links.get(der)
  if (known !== undefined) return known
  const { subject, notAfter } = parseCertificate(new Uint8Array(der))
  const link = { subject: formatName(subject), notAfter: toText(notAfter) }
  links.set(der, link)
  return link
}

async function toExternalView(
  certificates: Pick<CertificateStore, 'findRevocationByIssuer'>,
  { id, external }: Certificate,
): Promise<CertificateView['external']> {
  if (external === null) return null
  const revocation = await certificates.findRevocationByIssuer(id)
  const certificate = parseCertificate(external.der)
  const { subject, issuer, spki } = certificate
  const { statement, ...proof } = external.proof
  return {
    subject: formatName(subject),
    issuer: formatName(issuer),
    keyAlgorithm: parsePublicKey(spki).label,
    notAfter: toText(external.notAfter),
    fingerprintSha256: external.fingerprintSha256,
    qualified: toQualifiedView(certificate),
    revokedByIssuer: revocation ? { ...revocation, since: toText(revocation.since) } : null,
    proof: { ...proof, challenge: statement, at: toText(proof.at) },
  }
}

const hash = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest()
const toTextOrNull = (moment: number | null | undefined) => (moment ? toText(moment) : null)
