/**
 * The path that an upstream will understand, with unreserved characters decoded (RFC 3986, 6.2.2.2),
 * to compare with routes. Gives nothing for a path that programs read in different ways: dot
 * segments, empty segments, encoded slashes, backslashes, control characters, broken escapes.
 */
export function toCanonicalPath(path: string): string | undefined {
  if (
    !path.startsWith('/') ||
    /%(?![0-9a-f]{2})|%(2f|5c|25(2e|2f|5c|25)|[01][0-9a-f]|7f)|\\|\/\/|[^\x21-\x7e]/i.test(path)
  )
    return undefined
  const decoded = path.replaceAll(/%[0-9a-f]{2}/gi, (triplet) => {
    const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16))
    return /[A-Za-z0-9._~-]/.test(character) ? character : triplet.toUpperCase()
  })
  // Some servers cut what follows a semicolon before they resolve dots.
  return decoded.split('/').some((segment) => /^\.{1,2}(;|%3B|$)/.test(segment)) ? undefined : decoded
}
