import { listParts, type Part } from '../der/der-outline.ts'
import { tags } from '../der/der-tags.ts'
import { identifyDer } from '../der/identify-der.ts'

const maxDepth = 16
/** Far more elements than a CSR of the maximum size has; a larger one is rejected anyway. */
const maxVisits = 10_000

/**
 * Returns whether DER contains a private key: by itself, after other content, or inside it, as in an
 * attribute of a CSR. The content of a PKCS#12 file is not checked: that file has an error of its own.
 */
export function isPrivateKeyInside(bytes: Uint8Array): boolean {
  if (identifyDer(bytes) === 'PKCS#12 file') return false
  let visits = 0
  const look = (from: number, to: number, depth: number): boolean =>
    listParts(bytes, from, to, maxVisits - visits).some((part) => {
      visits += 1
      if (part.tag === tags.sequence && identifyDer(bytes.subarray(part.from, part.end)) === 'private key')
        return true
      return depth < maxDepth && isWrapper(bytes, part) && look(part.start, part.end, depth + 1)
    })
  return look(0, bytes.length, 0)
}

/**
 * Returns whether the element is constructed, or an octet string that is exactly one SEQUENCE: random content
 * rarely is.
 */
function isWrapper(bytes: Uint8Array, { tag, start, end }: Part): boolean {
  if ((tag & 0x20) !== 0) return true
  if (tag !== tags.octetString || bytes[start] !== tags.sequence) return false
  // Parsed as if more octets followed, so that an excessive length is detected.
  const [inner] = listParts(bytes, start, bytes.length, 1)
  return inner?.end === end
}
