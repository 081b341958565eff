import { findCertificationProblem } from '../audit/check-key-certificate.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { isSameBytes } from '../pki/der/same-bytes.ts'
import { isManifestSigned } from './manifest.ts'
import type { Pack } from './open-pack.ts'

/** What the reader has independently of the pack: without either, the pack is only consistent with itself. */
export interface Anchor {
  /** The key of the audit log (SPKI, DER). */
  key?: Uint8Array | undefined
  /** The root certificate, DER. */
  root?: Uint8Array | undefined
}

/** Returns the key of the audit log (SPKI, DER) in the pack. */
export const getKey = (pack: Pack): Uint8Array => pack.blocks('audit-key.pem')[0] ?? new Uint8Array()

/** Checks that the key signed the manifest, and returns the problem. */
export function checkSignature(pack: Pack): string | undefined {
  const [manifest, signature] = [pack.entries.get('manifest.json'), pack.entries.get('manifest.sig')]
  if (manifest === undefined || signature === undefined)
    return 'manifest.sig is missing: the pack is of a release that did not sign it, so download it again'
  return isManifestSigned(manifest, signature, getKey(pack))
    ? undefined
    : 'the signature is not the one of that key'
}

/** Checks that the key is genuine, using the reader's data; a pack alone can only name its own root. */
export function checkKey(pack: Pack, { key, root }: Anchor): string | undefined {
  if (key !== undefined && !isSameBytes(getKey(pack), key)) return 'it is another key than the one given'
  if (key !== undefined && root === undefined) return undefined
  const [certificateDer, ...authorities] = pack.blocks('audit-certificate.pem')
  const top = root ?? authorities.at(-1)
  if (certificateDer === undefined || top === undefined) return 'no certificate of it is there'
  if (!isSameBytes(parseCertificate(certificateDer).spki, getKey(pack)))
    return 'its certificate is of another key'
  return findCertificationProblem({ certificateDer, authorities }, top)
}
