import { createHash, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { PosternError } from '../../errors.ts'
import { PostponedJob } from '../../jobs/run-jobs.ts'
import { parseCertificate } from '../../pki/certificate/certificate.ts'
import { isSameBytes } from '../../pki/der/same-bytes.ts'
import { keyIdentifier } from '../../pki/key/key-identifier.ts'
import { draftClientCertificate } from '../../pki/profile/certificate-profile.ts'
import { SoundTbsCertificate } from '../../pki/profile/lint-certificate.ts'
import { parseCertificateRequest } from '../../pki/request/certificate-request.ts'
import type { Email } from '../../shapes/email.ts'
import type { RecordSeals } from '../../shapes/record-seals.ts'
import { newSerialNumber } from '../../shapes/serial-number.ts'
import { type Signer, tbsFields } from '../../shapes/signer.ts'
import type { Certificate } from '../certificate.ts'
import {
  type CertificateEmails,
  type Environments,
  getEnvironment,
  type Issuer,
  type Issuers,
  type Partitions,
} from '../certificate-dependencies.ts'
import { toCertificateNews } from '../certificate-news.ts'
import type { ToBeSigned } from '../certificate-row-store.ts'
import type { IssuanceStore, Issued, OwnedCertificate } from '../issuance-store.ts'
import { requestProofs } from '../key-checks/request-proofs.ts'
import { assertApproved, mayBeIssued } from './may-be-issued.ts'

const backdateMs = 300_000
const day = 86_400_000

/** The dependencies of issuance. */
export interface IssueDependencies {
  issuance: IssuanceStore
  issuers: Issuers
  partitions: Partitions
  signer: Signer
  /** Proves which records Postern itself has stored. */
  seals: RecordSeals
  letters: CertificateEmails
  environments: Environments
  clock: Clock
  /** The base URL of OCSP responses and issuer certificates, without a trailing slash. */
  publicationUrl: string
}

/** The owner's slug, for its name and its emails. */
type Owner = Pick<OwnedCertificate['organization'], 'slug'>

/**
 * Issues a pending certificate that may be issued; does nothing where there is nothing to do, so that it
 * can be called again after a crash.
 *
 * The TBSCertificate and its serial number are stored before the key is used, and what is stored is signed as
 * it stands: a crash may leave a record without a signature, never a signature without a record. Throws
 * `issuer_unavailable` or `profile_violation`; what breaks a rule is never signed. Throws PostponedJob while the
 * organization is not active.
 */
export async function issueCertificate(
  dependencies: IssueDependencies,
  certificateId: string,
): Promise<void> {
  const { issuance, environments, clock } = dependencies
  const owned = await issuance.get(certificateId)
  if (owned.organization.status !== 'active')
    throw new PostponedJob(`The organization is ${owned.organization.status}.`)
  if (owned.certificate.external !== null) return register(dependencies, owned, owned.certificate.external)
  if (!mayBeIssued(dependencies, owned)) return
  const { certificate, organization } = owned
  const toBeSigned = certificate.toBeSigned ?? (await saveToBeSigned(dependencies, owned, clock.now()))
  if (toBeSigned === undefined) return
  const news = toCertificateNews(certificate, organization.slug, environments)
  await signStored(dependencies, { ...certificate, toBeSigned }, ({ notAfter }) =>
    dependencies.letters.ready(news, notAfter),
  )
}

/** An externally issued certificate is already signed: the approval activates it. */
async function register(
  { issuance, seals, letters: emails, environments, clock }: IssueDependencies,
  { certificate, organization }: OwnedCertificate,
  { notAfter }: NonNullable<Certificate['external']>,
): Promise<void> {
  if (certificate.status !== 'pending' || certificate.decision?.approved !== true) return
  assertApproved(seals, { certificate, organization })
  const news = toCertificateNews(certificate, organization.slug, environments)
  await issuance.markRegistered(certificate.id, emails.ready(news, notAfter), clock.now())
}

/** Stores what the key is to sign, and gives the one that counts. */
async function saveToBeSigned(
  dependencies: IssueDependencies,
  { certificate, organization }: OwnedCertificate,
  now: number,
): Promise<ToBeSigned | undefined> {
  const { publicKey } = parseCertificateRequest(certificate.request?.der ?? new Uint8Array())
  const draft = await prepareTbsCertificate(
    dependencies,
    certificate.environment,
    organization,
    publicKey.spki,
  )
  return dependencies.issuance.saveToBeSigned(certificate.id, draft(certificate), now)
}

/**
 * Gathers what the TBSCertificate of a certificate takes but its name. What it gives drafts and seals it, and throws
 * `profile_violation` where it breaks a rule. Throws `issuer_unavailable`.
 */
export async function prepareTbsCertificate(
  { issuers, partitions, environments, seals, clock, publicationUrl }: IssueDependencies,
  environment: string,
  { slug }: Owner,
  spki: Uint8Array,
): Promise<(certificate: Pick<Certificate, 'id' | 'name' | 'certifiedSubject'>) => ToBeSigned> {
  const { validityDays } = getEnvironment(environments, environment)
  const issuer = await issuers.getSigning(environment)
  const subjectKeyIdentifier = await keyIdentifier(spki, requestProofs.sha256)
  const { partition, address } = await partitions.choose(issuer.id)
  const now = clock.now()
  return ({ id, name, certifiedSubject }) => {
    const serialNumber = newSerialNumber(randomBytes)
    const tbs = draftClientCertificate({
      serialNumber,
      issuer: issuer.details,
      subject: { ...certifiedSubject, commonName: name },
      uri: `urn:postern:${environment}:${slug}:${name}`,
      spki,
      subjectKeyIdentifier,
      notBefore: now - backdateMs,
      notAfter: Math.min(now + validityDays * day, issuer.details.notAfter),
      crlUrl: address,
      ocspUrl: `${publicationUrl}/ocsp/${issuer.id}`,
      issuerUrl: `${publicationUrl}/issuers/${issuer.id}.cer`,
    })
    // A record that no key may sign is not stored.
    const { kind, der } = new SoundTbsCertificate('client', tbs, issuer.details)
    const record = { kind, id, environment, issuerId: issuer.id, tbs: der }
    const seal = seals.seal('tbs-certificate', tbsFields(record))
    return { issuerId: issuer.id, serialNumber, partition, tbs, seal }
  }
}

/**
 * Issues what was drafted when its request was taken, and gives it as it stands then. Who submitted it gets it
 * in the answer: letters go to the contacts alone.
 */
export async function issueAtOnce(
  dependencies: IssueDependencies,
  certificate: Certificate & { toBeSigned: ToBeSigned },
  { slug }: Owner,
): Promise<Certificate> {
  const news = {
    ...toCertificateNews(certificate, slug, dependencies.environments),
    recipients: certificate.contacts,
  }
  return signStored(dependencies, certificate, ({ notAfter }) => dependencies.letters.ready(news, notAfter))
}

/** Lets the key sign what is stored and keeps the certificate with its letters. */
async function signStored(
  { issuance, issuers, signer, clock }: IssueDependencies,
  { id, environment, toBeSigned }: Pick<Certificate, 'id' | 'environment'> & { toBeSigned: ToBeSigned },
  write: (issued: Issued) => Email[],
): Promise<Certificate> {
  const { issuerId, seal } = toBeSigned
  const issuer = await getIssuer(issuers, issuerId)
  const tbs = new SoundTbsCertificate('client', toBeSigned.tbs, issuer.details)
  const der = await signer.signCertificate({ id, environment, issuerId, tbs, seal })
  const issued = readSigned(der, toBeSigned, issuer, clock.now())
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

/** What has been signed, after asking whether it is what was to be signed, by the issuer that was to sign it. */
function readSigned(der: Uint8Array, toBeSigned: ToBeSigned, issuer: Issuer, now: number): Issued {
  const { tbs, serialNumber, notBefore, notAfter } = parseCertificate(der)
  const isThat = isSameBytes(tbs, toBeSigned.tbs) && serialNumber === toBeSigned.serialNumber
  if (!isThat || !new X509Certificate(der).verify(publicKeyOf(issuer))) {
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
