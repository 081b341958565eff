import { parseCertificate } from '../pki/certificate/certificate.ts'
import { isSameBytes } from '../pki/der/same-bytes.ts'
import { findCertificationProblem, isIssuedBy } from './check-key-certificate.ts'
import type { CheckpointStore } from './checkpoint-store.ts'

/** An issuing CA and the root. */
const maxAbove = 2

/**
 * Returns the audit keys (SPKI, DER) of the store that `root` (DER) certifies, independent of any other data
 * in the store.
 */
export async function listCertifiedKeys(
  checkpoints: Pick<CheckpointStore, 'listKeys' | 'listAuthorities'>,
  root: Uint8Array,
): Promise<Uint8Array[]> {
  const authorities = await checkpoints.listAuthorities()
  return (await checkpoints.listKeys()).flatMap(({ certificateDer }) => {
    if (certificateDer === null || !isCertified({ certificateDer, authorities }, root)) return []
    return [parseCertificate(certificateDer).spki]
  })
}

/**
 * Returns the certificate of an audit key and the CAs above it, the root last; undefined if no CA has
 * certified it.
 */
export async function listCertification(
  checkpoints: Pick<CheckpointStore, 'listKeys' | 'listAuthorities'>,
  publicKey: Uint8Array,
): Promise<Uint8Array[]> {
  const key = (await checkpoints.listKeys()).find((one) => isSameBytes(one.publicKey, publicKey))
  if (key === undefined || key.certificateDer === null) return []
  const chain = [parseCertificate(key.certificateDer)]
  const authorities = (await checkpoints.listAuthorities()).map((der) => parseCertificate(der))
  for (let last = chain[0]; last !== undefined && !last.isSelfIssued; last = chain.at(-1)) {
    const child = last
    const above = authorities.find((authority) => isIssuedBy(child, authority))
    if (above === undefined || chain.length > maxAbove) return []
    chain.push(above)
  }
  return chain.map(({ der }) => der)
}

function isCertified(
  certification: Parameters<typeof findCertificationProblem>[0],
  root: Uint8Array,
): boolean {
  try {
    return findCertificationProblem(certification, root) === undefined
  } catch {
    // An unreadable certificate certifies nothing.
    return false
  }
}
