/** Segments of `pchar` (RFC 3986, section 3.3), each after one slash, and optionally a trailing slash. */
const absolutePath = /^(?:\/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)*\/?$/
/**
 * Slashes, backslashes and control characters, and sequences that become a dot, a slash or an escape when
 * they are decoded twice.
 */
const hiddenMeaning = /%(?:2f|5c|[01][0-9a-f]|7f|25(?:2e|2f|5c|25))/i
/** A path that every program reads alike, apart from the case of its letters. */
const plain = /^[A-Za-z0-9_~/-]*$/
/**
 * Marks, format characters, white space and controls: the differences between texts that look alike or that
 * some programs drop.
 */
const invisible = /[\p{M}\p{C}\p{Z}]+/gu

/**
 * Decodes unreserved characters and converts escapes to upper case (RFC 3986, section 6.2.2), so that the
 * path can be compared with routes. Returns undefined for a path that programs read in different ways:
 * characters outside `pchar` (a fragment among them), dot segments in any spelling, empty segments, encoded
 * slashes, backslashes and control characters, escapes that are not UTF-8.
 */
export function toCanonicalPath(path: string): string | undefined {
  if (!absolutePath.test(path)) return undefined
  if (plain.test(path)) return path
  if (hiddenMeaning.test(path) || foldPath(path) === undefined) return undefined
  return path.replaceAll(/%[0-9a-f]{2}/gi, (triplet) => {
    const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16))
    return /[A-Za-z0-9._~-]/.test(character) ? character : triplet.toUpperCase()
  })
}

/**
 * Reads the path as the most lenient program does: decoded until no escape remains, without path parameters
 * (`;v=1`), without white space and dots at the end of a segment, letters in one case and one form. Returns
 * undefined if the path is not UTF-8, or if a segment becomes empty or consists of dots only. Two paths that
 * any program may confuse have the same folded path, apart from a file extension at their end.
 */
export function foldPath(path: string): string | undefined {
  if (plain.test(path)) return path.toLowerCase()
  const segments = path.split('/').map((segment) => (segment === '' ? '' : foldSegment(segment)))
  return segments.includes(undefined) ? undefined : segments.join('/')
}

function foldSegment(segment: string): string | undefined {
  const text = decodeWholly(segment)
    ?.replace(/[;?#].*$/su, '')
    .replaceAll(invisible, '')
    .replace(/\.+$/, '')
  return text === undefined || text === '' || /[/\\]/.test(text)
    ? undefined
    : text.toUpperCase().toLowerCase()
}

/**
 * Removes all escapes from `segment` and normalizes characters that look alike. Returns undefined if the
 * segment is not UTF-8.
 */
function decodeWholly(segment: string): string | undefined {
  let text = segment.normalize('NFKD')
  try {
    // Each round removes an escape, so the loop ends.
    while (/%[0-9a-f]{2}/i.test(text))
      text = decodeURIComponent(text.replaceAll(/%(?![0-9a-f]{2})/gi, '%25')).normalize('NFKD')
    return text
  } catch {
    return undefined
  }
}
