import { createHash, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { PosternError } from '../../errors.ts'
import { parseCertificate } from '../../pki/certificate/certificate.ts'
import { isSameBytes } from '../../pki/der/same-bytes.ts'
import { keyIdentifier } from '../../pki/key/key-identifier.ts'
import { draftClientCertificate } from '../../pki/profile/certificate-profile.ts'
import { assertPlanIsSound } from '../../pki/profile/lint-certificate.ts'
import { planFields, type RecordSeals, type Signer } from '../../pki/profile/signer.ts'
import { parseCertificateRequest } from '../../pki/request/certificate-request.ts'
import type { Letter } from '../../shapes/letter.ts'
import { newSerialNumber } from '../../shapes/serial-number.ts'
import type { Certificate } from '../certificate.ts'
import { newsOf } from '../certificate-news.ts'
import {
  type CertificateLetters,
  type Environments,
  getEnvironment,
  type Issuer,
  type Issuers,
  type Partitions,
} from '../certificate-parts.ts'
import type { Plan } from '../certificate-row-store.ts'
import type { IssuanceStore, Issued, OwnedCertificate } from '../issuance-store.ts'
import { requestProofs } from '../key-checks/request-proofs.ts'
import { assertApproved, mayBeIssued } from './may-be-issued.ts'

const backdateMilliseconds = 300_000
const day = 86_400_000

/** What certificates are issued with. */
export interface IssueParts {
  issuance: IssuanceStore
  issuers: Issuers
  partitions: Partitions
  signer: Signer
  /** Tells what Postern itself has stored. */
  seals: RecordSeals
  letters: CertificateLetters
  environments: Environments
  clock: Clock
  /** Where OCSP answers and issuer certificates are fetched, without a slash at the end. */
  publicationUrl: string
}

/** Whose certificate it is, as its name and its letters say. */
type Owner = Pick<OwnedCertificate['organization'], 'slug'>

/**
 * Issues a pending certificate that may be issued; does nothing where there is nothing to do, so that it
 * can be called again after a crash.
 *
 * The plan and its serial number are stored before the key is used, and a stored plan is signed as it
 * stands: a crash may leave a plan without a signature, never a signature without a record. Throws
 * `issuer_unavailable` or `profile_violation`; the plan that breaks a rule is never signed.
 */
export async function issueCertificate(parts: IssueParts, certificateId: string): Promise<void> {
  const { issuance, environments, clock } = parts
  const owned = await issuance.get(certificateId)
  if (owned.certificate.foreign !== null) return register(parts, owned, owned.certificate.foreign)
  if (!mayBeIssued(parts, owned)) return
  const { certificate, organization } = owned
  const plan = certificate.plan ?? (await savePlan(parts, owned, clock.now()))
  if (plan === undefined) return
  const news = newsOf(certificate, organization.slug, environments)
  await signPlan(parts, { ...certificate, plan }, ({ notAfter }) => parts.letters.ready(news, notAfter))
}

/** One of another authority is signed already: with the approval it is in force. */
async function register(
  { issuance, seals, letters, environments, clock }: IssueParts,
  { certificate, organization }: OwnedCertificate,
  { notAfter }: NonNullable<Certificate['foreign']>,
): Promise<void> {
  if (certificate.status !== 'pending' || certificate.decision?.approved !== true) return
  assertApproved(seals, { certificate, organization })
  const news = newsOf(certificate, organization.slug, environments)
  await issuance.markRegistered(certificate.id, letters.ready(news, notAfter), clock.now())
}

/** Stores what the key is to sign, and gives the plan that counts. */
async function savePlan(
  parts: IssueParts,
  { certificate, organization }: OwnedCertificate,
  now: number,
): Promise<Plan | undefined> {
  const { publicKey } = parseCertificateRequest(certificate.request?.der ?? new Uint8Array())
  const plan = await preparePlan(parts, certificate.environment, organization, publicKey.spki)
  return parts.issuance.savePlan(certificate.id, plan(certificate), now)
}

/**
 * Gathers what the plan of a certificate takes but its name. What it gives draws up the plan and throws
 * `profile_violation` where that breaks a rule. Throws `issuer_unavailable`.
 */
export async function preparePlan(
  { issuers, partitions, environments, seals, clock, publicationUrl }: IssueParts,
  environment: string,
  { slug }: Owner,
  spki: Uint8Array,
): Promise<(certificate: Pick<Certificate, 'id' | 'name' | 'certifiedSubject'>) => Plan> {
  const { validityDays } = getEnvironment(environments, environment)
  const issuer = await issuers.getSigning(environment)
  const subjectKeyIdentifier = await keyIdentifier(spki, requestProofs.sha256)
  const { partition, address } = await partitions.choose(issuer.id)
  const now = clock.now()
  return ({ id, name, certifiedSubject }) => {
    const serialNumber = newSerialNumber(randomBytes)
    const tbs = draftClientCertificate({
      serialNumber,
      issuer: issuer.facts,
      subject: { ...certifiedSubject, commonName: name },
      uri: `urn:postern:${environment}:${slug}:${name}`,
      spki,
      subjectKeyIdentifier,
      notBefore: now - backdateMilliseconds,
      notAfter: Math.min(now + validityDays * day, issuer.facts.notAfter),
      crlUrl: address,
      ocspUrl: `${publicationUrl}/ocsp/${issuer.id}`,
      issuerUrl: `${publicationUrl}/issuers/${issuer.id}.cer`,
    })
    assertPlanIsSound('client', tbs, issuer.facts)
    const seal = seals.seal('plan', planFields({ kind: 'client', id, environment, issuerId: issuer.id, tbs }))
    return { issuerId: issuer.id, serialNumber, partition, tbs, seal }
  }
}

/**
 * Issues what was planned when its request was taken, and gives it as it stands then. Who submitted it gets it
 * in the answer: letters go to the contacts alone.
 */
export async function issueAtOnce(
  parts: IssueParts,
  certificate: Certificate & { plan: Plan },
  { slug }: Owner,
): Promise<Certificate> {
  const news = { ...newsOf(certificate, slug, parts.environments), recipients: certificate.contacts }
  return signPlan(parts, certificate, ({ notAfter }) => parts.letters.ready(news, notAfter))
}

/** Lets the key sign a stored plan and keeps the certificate with its letters. */
async function signPlan(
  { issuance, issuers, signer, clock }: IssueParts,
  { id, environment, plan }: Pick<Certificate, 'id' | 'environment'> & { plan: Plan },
  write: (issued: Issued) => Letter[],
): Promise<Certificate> {
  const issuer = await getIssuer(issuers, plan.issuerId)
  assertPlanIsSound('client', plan.tbs, issuer.facts)
  const { issuerId, tbs, seal } = plan
  const der = await signer.signPlan({ kind: 'client', id, environment, issuerId, tbs, seal })
  const issued = readSigned(der, plan, issuer, clock.now())
  return issuance.markIssued(id, issued, write(issued), clock.now())
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
  const isAsPlanned = isSameBytes(tbs, plan.tbs) && serialNumber === plan.serialNumber
  if (!isAsPlanned || !new X509Certificate(der).verify(publicKeyOf(issuer))) {
    throw new PosternError(
      'profile_violation',
      'What was signed is not what was planned, so it was not kept. Tell the operator.',
    )
  }
  const fingerprintSha256 = createHash('sha256').update(der).digest('hex')
  return { der, fingerprintSha256, notBefore, notAfter, issuedAt: now }
}

const issuerKeys = new WeakMap<Issuer, KeyObject>()

function publicKeyOf(issuer: Issuer): KeyObject {
  const key = issuerKeys.get(issuer) ?? new X509Certificate(issuer.certificateDer).publicKey
  issuerKeys.set(issuer, key)
  return key
}
