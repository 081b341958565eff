import { PosternError } from '../errors.ts'
import { formatName } from '../pki/name/name.ts'
import type { ExternalCertificate } from '../pki/path/check-external-certificate.ts'
import { toPem } from '../pki/text/pem.ts'
import type { Act } from '../shapes/act.ts'
import { awaitExternalStatuses } from '../storage/await-external-status.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Tx } from '../storage/database.ts'
import { isUniqueViolation } from '../storage/engine.ts'
import type { Certificate, Proof } from './certificate.ts'
import { toSearchText, transitionCertificate } from './certificate-row-store.ts'
import { keyAlreadyUsed, numberRenewal } from './take-request-store.ts'

/** An externally issued certificate with proof of possession of its key. */
export interface ProvenCertificate {
  registrationId: string
  checked: ExternalCertificate
  proof: Proof
  /** Whether an operator decides before it becomes valid. */
  waits: boolean
  /** Whether it may reuse the key of the certificate that it renews. */
  mayRenewKey: boolean
}

/**
 * Turns a draft into a registered, externally issued certificate. Throws `registration_wrong_state` if the
 * registration has been used, `key_already_used` or `key_revoked`.
 */
export async function takeProven(
  tx: Tx,
  draft: Certificate,
  { registrationId, checked, proof, waits, mayRenewKey }: ProvenCertificate,
  act: Act,
): Promise<Certificate> {
  const { actor, now } = act
  await closeRegistration(tx, registrationId, draft.id)
  await recordChange(tx, 'registration', registrationId, now)
  const renewal = await numberRenewal(tx, draft, checked.spkiSha256, mayRenewKey)
  const { certificate, source, issuerId, fingerprintSha256, spkiSha256 } = checked
  const values = {
    source,
    issuer_id: issuerId,
    certificate_der: certificate.der,
    external_issuer: formatName(certificate.issuer),
    external_purpose: checked.purpose,
    foreign_chain: checked.chain.map(({ der }) => toPem('CERTIFICATE', der)).join(''),
    proof: JSON.stringify(proof),
    fingerprint_sha256: fingerprintSha256,
    spki_sha256: spkiSha256,
    key_renewal: renewal,
    not_before: certificate.notBefore,
    not_after: checked.notAfter,
    search_text: toSearchText(draft.name, draft.description, certificate.serialNumber, fingerprintSha256),
  }
  const { method, clientAddress } = proof
  const after = {
    source,
    issuerId,
    fingerprintSha256,
    publicKeySha256: spkiSha256,
    proof: method,
    clientAddress,
  }
  const step = { actor, action: 'certificate.registered', after }
  try {
    const pending = await transitionCertificate(tx, draft, { status: 'pending', values, step }, now)
    return waits ? pending : await putInForce(tx, pending, act)
  } catch (error) {
    if (isUniqueViolation(error)) throw keyAlreadyUsed()
    throw error
  }
}

/** Activates a registered certificate. */
export async function putInForce(
  tx: Tx,
  certificate: Certificate,
  { actor, now }: Act,
): Promise<Certificate> {
  const after = { fingerprintSha256: certificate.external?.fingerprintSha256 }
  const step = { actor, action: 'certificate.issued', after }
  const change = { status: 'issued', values: { issued_at: now }, step } as const
  const registered = await transitionCertificate(tx, certificate, change, now)
  if (registered.external?.issuerId) await awaitExternalStatuses(tx, [registered.id], now)
  return registered
}

/** Closes a registration: of two concurrent proofs, one succeeds. */
async function closeRegistration(tx: Tx, id: string, certificateId: string): Promise<void> {
  const used = await tx
    .updateTable('registrations')
    .set({ certificate_id: certificateId, problem: null })
    .where('id', '=', id)
    .where('certificate_id', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (used === undefined) throw registrationOver()
}

/** Returns the error for a proof that comes too late, or a second time. */
export const registrationOver = () =>
  new PosternError(
    'registration_wrong_state',
    'This registration has been used, given up, or has waited for longer than a day. Load the page again; where the certificate is not there, register it anew.',
  )
