import { PosternError } from '../errors.ts'

/** The rules for request targets of a listener. */
export interface TargetRules {
  /**
   * Whether a segment may hold `/`, as base64 in the path of an OCSP request does (RFC 6960, appendix A.1).
   */
  slashesInSegments: boolean
}

/** RFC 3986, section 3.3: segments of `pchar`. */
const path = /^(?:\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*)+$/
const visible = /^[\x21-\x7e]*$/
/**
 * RFC 3986, section 2.3: these characters are equivalent with and without encoding, which would give one
 * address many spellings.
 */
const unreserved = /[A-Za-z0-9\-._~]/
const encoded = /%[0-9A-Fa-f]{2}/g
const absoluteForm = /^https?:\/\/[^/?#]*/i

/**
 * Returns the path and query of a request target: its absolute form (RFC 9112, section 3.2.2) is equivalent
 * to its origin form.
 */
export function toOriginForm(target: string): string {
  const rest = target.replace(absoluteForm, '')
  return rest === target || rest.startsWith('/') ? rest : `/${rest}`
}

/**
 * Checks that the target of a request has one spelling, so that routing, limits and logs use the same
 * address. Throws `bad_request`.
 */
export function assertTarget(target: string, { slashesInSegments }: TargetRules): void {
  const [, place = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(target) ?? []
  const isPlain = path.test(place) && visible.test(query) && isText(place) && isText(query)
  if (isPlain && segmentsArePlain(place, slashesInSegments)) return
  throw new PosternError(
    'bad_request',
    'The address is not in its plain form. Send letters, digits and -._~ as themselves, everything else percent-encoded as UTF-8, and no empty or dot segments.',
  )
}

function segmentsArePlain(place: string, slashesInSegments: boolean): boolean {
  const codes = place.match(encoded) ?? []
  if (!codes.every((code) => isNeeded(code, slashesInSegments))) return false
  const segments = place.split('/').slice(1)
  if (segments.some((segment) => segment === '.' || segment === '..')) return false
  return slashesInSegments || segments.slice(0, -1).every((segment) => segment !== '')
}

function isNeeded(code: string, slashesInSegments: boolean): boolean {
  const octet = Number.parseInt(code.slice(1), 16)
  const character = String.fromCharCode(octet)
  if (octet < 0x20 || octet === 0x7f || character === '\\') return false
  return !unreserved.test(character) && (slashesInSegments || character !== '/')
}

/** Returns whether the percent-encoding is complete and decodes to UTF-8. */
function isText(part: string): boolean {
  try {
    decodeURIComponent(part)
    return true
  } catch {
    return false
  }
}
