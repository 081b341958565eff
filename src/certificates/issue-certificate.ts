import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import { parseCertificate } from '../pki/certificate.ts'
import { draftClientCertificate } from '../pki/certificate-profile.ts'
import { parseCertificateRequest } from '../pki/certificate-request.ts'
import { keyIdentifier } from '../pki/key-identifier.ts'
import { assertPlanIsSound } from '../pki/lint-certificate.ts'
import { isSameBytes } from '../pki/same-bytes.ts'
import type { Signer } from '../pki/signer.ts'
import { newsOf } from './certificate-news.ts'
import {
  type CertificateLetters,
  type Environments,
  getEnvironment,
  type Issuer,
  type Issuers,
  type Partitions,
} from './certificate-parts.ts'
import type { IssuanceStore, Issued, OwnedCertificate, Plan } from './issuance-store.ts'

const backdateMilliseconds = 300_000
const day = 86_400_000

/** What certificates are issued with. */
export interface IssueParts {
  issuance: IssuanceStore
  issuers: Issuers
  partitions: Partitions
  signer: Signer
  letters: CertificateLetters
  environments: Environments
  clock: Clock
  /** Where OCSP answers and issuer certificates are fetched, without a slash at the end. */
  publicationUrl: string
}

/**
 * Issues a pending certificate that may be issued; does nothing where there is nothing to do, so that it
 * can be called again after a crash.
 *
 * The plan and its serial number are stored before the key is used, and a stored plan is signed as it
 * stands: a crash may leave a plan without a signature, never a signature without a record. Throws
 * `issuer_unavailable` or `profile_violation`; the plan that breaks a rule is never signed.
 */
export async function issueCertificate(parts: IssueParts, certificateId: string): Promise<void> {
  const { issuance, issuers, signer, letters, environments, clock } = parts
  const owned = await issuance.get(certificateId)
  if (!mayBeIssued(owned, environments)) return
  const { certificate, organization } = owned
  const plan = certificate.plan ?? (await planCertificate(parts, owned))
  if (plan === undefined) return
  const issuer = await getIssuer(issuers, plan.issuerId)
  assertPlanIsSound('client', plan.tbs, issuer.facts)
  const der = await signer.sign(issuer.id, plan.tbs)
  const issued = readSigned(der, plan, issuer, clock.now())
  const news = newsOf(certificate, organization.slug, environments)
  await issuance.markIssued(certificateId, issued, letters.ready(news, issued.notAfter), clock.now())
}

function mayBeIssued({ certificate }: OwnedCertificate, environments: Environments): boolean {
  if (certificate.status !== 'pending' || certificate.request === null) return false
  if (certificate.plan !== null) return true
  const { issuance } = getEnvironment(environments, certificate.environment)
  return issuance !== 'approval' || certificate.decision?.approved === true
}

/** Stores what the key is to sign, and gives the plan that counts. */
async function planCertificate(
  { issuance, issuers, partitions, environments, clock, publicationUrl }: IssueParts,
  { certificate, organization }: OwnedCertificate,
): Promise<Plan | undefined> {
  const { validityDays } = getEnvironment(environments, certificate.environment)
  const issuer = await issuers.getSigning(certificate.environment)
  const { spki } = parseCertificateRequest(certificate.request?.der ?? new Uint8Array()).publicKey
  const serialNumber = newSerialNumber()
  const { partition, address } = await partitions.choose(issuer.id)
  const now = clock.now()
  const tbs = draftClientCertificate({
    serialNumber,
    issuer: issuer.facts,
    subject: { ...certificate.certifiedSubject, commonName: certificate.name },
    uri: `urn:postern:${certificate.environment}:${organization.slug}:${certificate.name}`,
    spki,
    subjectKeyIdentifier: await keyIdentifier(spki),
    notBefore: now - backdateMilliseconds,
    notAfter: Math.min(now + validityDays * day, issuer.facts.notAfter),
    crlUrl: address,
    ocspUrl: `${publicationUrl}/ocsp/${issuer.id}`,
    issuerUrl: `${publicationUrl}/issuers/${issuer.id}.cer`,
  })
  assertPlanIsSound('client', tbs, issuer.facts)
  return issuance.savePlan(certificate.id, { issuerId: issuer.id, serialNumber, partition, tbs }, now)
}

async function getIssuer(issuers: Issuers, id: string): Promise<Issuer> {
  const issuer = await issuers.find(id)
  if (issuer !== undefined) return issuer
  throw new PosternError(
    'issuer_unavailable',
    'The issuer of this certificate is not here. Ask the operator.',
  )
}

/** What has been signed, after asking whether it is what was planned, by the issuer that was planned. */
function readSigned(der: Uint8Array, plan: Plan, issuer: Issuer, now: number): Issued {
  const { tbs, serialNumber, notBefore, notAfter } = parseCertificate(der)
  const issuerKey = new X509Certificate(issuer.certificateDer).publicKey
  const isAsPlanned = isSameBytes(tbs, plan.tbs) && serialNumber === plan.serialNumber
  if (!isAsPlanned || !new X509Certificate(der).verify(issuerKey)) {
    throw new PosternError(
      'profile_violation',
      'What was signed is not what was planned, so it was not kept. Tell the operator.',
    )
  }
  const fingerprintSha256 = createHash('sha256').update(der).digest('hex')
  return { der, fingerprintSha256, notBefore, notAfter, issuedAt: now }
}

/** 134 random bits in 17 octets, positive and without a leading zero (RFC 5280, 4.1.2.2). */
function newSerialNumber(): string {
  const octets = randomBytes(17)
  octets[0] = ((octets[0] as number) & 0x3f) | 0x40
  return octets.toString('hex')
}
