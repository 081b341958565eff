import { findPemBlocks } from '../pki/text/pem.ts'
import type { Certificate } from './certificate.ts'
import type { Issuers } from './certificate-dependencies.ts'

/** Returns the id of the issuing CA, ours or external; null for a pinned certificate and before planning. */
export const issuerOf = ({ toBeSigned, external }: Certificate): string | null =>
  toBeSigned?.issuerId ?? external?.issuerId ?? null

/** Returns the certificates above a certificate, the root or the trusted issuer last; DER. */
export async function readChain(issuers: Issuers, certificate: Certificate): Promise<Uint8Array[]> {
  const { toBeSigned, external } = certificate
  if (toBeSigned !== null)
    return (await issuers.listChain(toBeSigned.issuerId)).map(({ certificateDer }) => certificateDer)
  const between = findPemBlocks(external?.chain ?? '').map(({ der }) => der)
  const trusted = external?.issuerId ? await issuers.findExternal(external.issuerId) : undefined
  return trusted === undefined ? between : [...between, trusted.certificateDer]
}
