import { PosternError } from '../../errors.ts'
import { parseCertificate } from '../../pki/certificate/certificate.ts'
import { findCertificates, isPrivateKey } from '../../pki/certificate/find-certificates.ts'
import { toBase64 } from '../../pki/der/fingerprint.ts'
import { getKeyKind, parsePublicKey } from '../../pki/key/public-key.ts'
import { isChallengeFileSigned } from '../../pki/request/is-challenge-file-signed.ts'
import { containsPrivateKey } from '../../pki/text/private-key-text.ts'
import { readPastedSignature } from '../../pki/text/read-pasted-signature.ts'
import type { Actor } from '../../shapes/actor.ts'
import { getCertificateLimits, type Organization } from '../../shapes/organization.ts'
import type { Certificate, Proof } from '../certificate.ts'
import { type Environments, getEnvironment } from '../certificate-dependencies.ts'
import { getSubject } from '../issuance/create-certificate.ts'
import type { DraftStore } from '../issuance/draft-store.ts'
import { registrationOver } from '../registered-row-store.ts'
import { checkExternal, type RegisterDependencies } from './register-certificate.ts'
import { getChallengeFile, isWaiting, type Registration } from './registration.ts'

/** The dependencies that complete a registration. */
export interface ProveDependencies extends RegisterDependencies {
  drafts: DraftStore
  environments: Environments
  findOrganization(id: string): Promise<Organization | undefined>
}

/**
 * Registers a certificate whose key has signed the challenge: it is valid immediately, or waits for an
 * operator if the environment requires an approval. Throws `registration_wrong_state`, `certificate_is_private_key`,
 * `proof_invalid`, and again the codes of `registerCertificate`, since a trusted issuer may have been removed
 * in between.
 */
export async function proveRegistration(
  dependencies: ProveDependencies,
  actor: Actor,
  { organization, registrationId }: { organization: Organization; registrationId: string },
  given: string,
): Promise<Certificate> {
  const registration = await dependencies.registrations.get(organization.id, registrationId)
  const now = dependencies.clock.now()
  if (!isWaiting(registration, now)) throw registrationOver()
  const statement = getChallengeFile(registration, organization.slug)
  const { spki } = parseCertificate(registration.der)
  if (containsPrivateKey(given)) throw isPrivateKey()
  const octets = decode(given)
  if (!(await isChallengeFileSigned(statement, octets, parsePublicKey(spki))))
    throw new PosternError(
      'proof_invalid',
      'This signature was not made with the key of the certificate, or not of this statement. Download the statement again, sign the file unchanged with the command, and give the whole signature.',
    )
  const signature = toBase64(octets)
  const proof: Proof = { method: 'signature', statement, signature, clientAddress: null, at: now }
  return complete(dependencies, actor, { registration, organization }, proof)
}

function decode(signature: string): Uint8Array {
  try {
    return readPastedSignature(signature)
  } catch {
    throw new PosternError(
      'proof_invalid',
      'The signature is not in base64. Choose the file that the command wrote, or paste what “openssl base64 -A” makes of it.',
    )
  }
}

/**
 * Registers a certificate with which a client has sent the challenge over mTLS. An obstacle is stored with
 * the registration, for the page to show.
 */
export async function proveByHandshake(
  dependencies: ProveDependencies,
  registrationId: string,
): Promise<void> {
  const registration = await dependencies.registrations.find(registrationId)
  const call = registration?.handshake
  if (!registration || !call || !isWaiting(registration, call.at)) return
  const organization = await dependencies.findOrganization(registration.organizationId)
  if (organization === undefined) return
  const statement = getChallengeFile(registration, organization.slug)
  const proof: Proof = { ...call, method: 'handshake', statement, signature: null }
  try {
    await complete(dependencies, registration.registeredBy, { registration, organization }, proof)
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    await dependencies.registrations.noteProblem(registrationId, error.message)
  }
}

async function complete(
  dependencies: ProveDependencies,
  actor: Actor,
  { registration, organization }: { registration: Registration; organization: Organization },
  proof: Proof,
): Promise<Certificate> {
  const { drafts, environments, clock } = dependencies
  const environment = getEnvironment(environments, registration.environment)
  const now = clock.now()
  const given = [parseCertificate(registration.der), ...chainOf(registration)]
  const checked = await checkExternal(dependencies, { organization, environment }, given, now)
  const subject = getSubject(organization)
  const draft = {
    ...registration.details,
    organizationId: organization.id,
    environment: environment.name,
    subject,
    certifiedSubject: subject,
    keyKind: getKeyKind(checked.publicKey),
  }
  const waits = environment.issuance === 'approval'
  const mayRenewKey = environment.sameKeyRenewal
  const proven = { registrationId: registration.id, checked, proof, waits, mayRenewKey }
  return drafts.insert(draft, getCertificateLimits(organization, environment), { actor, now }, { proven })
}

const chainOf = ({ chain }: Registration) => (chain === '' ? [] : findCertificates(chain))
