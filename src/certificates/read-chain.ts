import { findPemBlocks } from '../pki/text/pem.ts'
import type { Certificate } from './certificate.ts'
import type { Issuers } from './certificate-parts.ts'

/** Returns the id of the issuing CA, ours or external; null for a pinned certificate and before planning. */
export const issuerOf = ({ toBeSigned, foreign }: Certificate): string | null =>
  toBeSigned?.issuerId ?? foreign?.issuerId ?? null

/** Returns the certificates above a certificate, the root or the trusted issuer last; DER. */
export async function readChain(issuers: Issuers, certificate: Certificate): Promise<Uint8Array[]> {
  const { toBeSigned, foreign } = certificate
  if (toBeSigned !== null)
    return (await issuers.listChain(toBeSigned.issuerId)).map(({ certificateDer }) => certificateDer)
  const between = findPemBlocks(foreign?.chain ?? '').map(({ der }) => der)
  const trusted = foreign?.issuerId ? await issuers.findForeign(foreign.issuerId) : undefined
  return trusted === undefined ? between : [...between, trusted.certificateDer]
}
