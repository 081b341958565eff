/** Segments of `pchar` (RFC 3986, 3.3) with one slash before each, and perhaps one at the end. */
const absolutePath = /^(?:\/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)*\/?$/
/** Slashes, backslashes and control characters, and what becomes a dot, a slash or an escape when it is decoded twice. */
const hiddenMeaning = /%(?:2f|5c|[01][0-9a-f]|7f|25(?:2e|2f|5c|25))/i
/** A path that every program reads alike, but for the case of its letters. */
const plain = /^[A-Za-z0-9_~/-]*$/
/** Marks, format characters, white space and controls, by which two texts differ that look alike or that some programs drop. */
const invisible = /[\p{M}\p{C}\p{Z}]+/gu

/**
 * The path with unreserved characters decoded and escapes in upper case (RFC 3986, 6.2.2), as it is compared with
 * routes. Undefined for a path that programs read in different ways: characters outside `pchar` (a fragment among
 * them), dot segments in any spelling, empty segments, encoded slashes, backslashes and control characters, escapes
 * that are not UTF-8.
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
 * The path as the most lenient of programs reads it: decoded until nothing is left to decode, without path
 * parameters (`;v=1`), without white space and dots at the end of a segment, letters in one case and one form.
 * Undefined where it is no UTF-8, and where a segment becomes none, dots alone or several. Two paths that any program
 * may take for the same have the same folded path, but for a file extension at their end.
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

/** `segment` without escapes, in one form for characters that look alike; undefined where it is no UTF-8. */
function decodeWholly(segment: string): string | undefined {
  let text = segment.normalize('NFKD')
  try {
    // Each round removes an escape, so it ends.
    while (/%[0-9a-f]{2}/i.test(text))
      text = decodeURIComponent(text.replaceAll(/%(?![0-9a-f]{2})/gi, '%25')).normalize('NFKD')
    return text
  } catch {
    return undefined
  }
}
