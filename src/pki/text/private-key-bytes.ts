import { listParts, type Part } from '../der/der-outline.ts'
import { tags } from '../der/der-tags.ts'
import { identifyDer } from '../der/identify-der.ts'

const deepest = 16
/** Far more than a CSR of the largest size has; whatever is larger is refused anyway. */
const mostVisits = 10_000

/**
 * Whether DER holds a private key: by itself, behind something else, or wrapped in it, as in an attribute
 * of a CSR. What a PKCS#12 file holds does not count: that file has a name of its own.
 */
export function isPrivateKeyInside(bytes: Uint8Array): boolean {
  if (identifyDer(bytes) === 'PKCS#12 file') return false
  let visits = 0
  const look = (from: number, to: number, depth: number): boolean =>
    listParts(bytes, from, to, mostVisits - visits).some((part) => {
      visits += 1
      if (part.tag === tags.sequence && identifyDer(bytes.subarray(part.from, part.end)) === 'private key')
        return true
      return depth < deepest && isWrapper(bytes, part) && look(part.start, part.end, depth + 1)
    })
  return look(0, bytes.length, 0)
}

/** Constructed elements, and octet strings that are one SEQUENCE exactly: what is random hardly looks like that. */
function isWrapper(bytes: Uint8Array, { tag, start, end }: Part): boolean {
  if ((tag & 0x20) !== 0) return true
  if (tag !== tags.octetString || bytes[start] !== tags.sequence) return false
  // Read as if more followed, so that a length which reaches too far shows.
  const [inner] = listParts(bytes, start, bytes.length, 1)
  return inner?.end === end
}
