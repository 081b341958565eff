import { PosternError } from '../errors.ts'

/** Which addresses a listener has. */
export interface TargetRules {
  /** Whether a segment may hold `/`, as base64 in the path of an OCSP request does (RFC 6960, A.1). */
  slashesInSegments: boolean
}

/** RFC 3986, 3.3: segments of `pchar`. */
const path = /^(?:\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*)+$/
const visible = /^[\x21-\x7e]*$/
/** RFC 3986, 2.3: these are the same with and without encoding, so that one address would have many spellings. */
const unreserved = /[A-Za-z0-9\-._~]/
const encoded = /%[0-9A-Fa-f]{2}/g
const absoluteForm = /^https?:\/\/[^/?#]*/i

/** The path and query of a request-target: its absolute form (RFC 9112, 3.2.2) names the same as its origin form. */
export function toOriginForm(target: string): string {
  const rest = target.replace(absoluteForm, '')
  return rest === target || rest.startsWith('/') ? rest : `/${rest}`
}

/**
 * Holds the target of a request to one spelling, so that what is routed, limited and logged is the same address.
 * Throws `bad_request`.
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

/** Whether the percent-encoding is whole and means UTF-8. */
function isText(part: string): boolean {
  try {
    decodeURIComponent(part)
    return true
  } catch {
    return false
  }
}
