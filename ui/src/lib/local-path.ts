/**
 * Returns `path` if it is a page of this portal, otherwise `/`. Nothing else may determine where a sign-in
 * redirects.
 */
export function toLocalPath(path: unknown): string {
  if (typeof path !== 'string' || !path.startsWith('/')) return '/'
  const here = 'http://portal.invalid'
  try {
    const url = new URL(path, here)
    // `//host` and `/\host` are URLs of other sites.
    return url.origin === here && url.pathname !== '/sign-in' && !url.pathname.startsWith('//')
      ? `${url.pathname}${url.search}${url.hash}`
      : '/'
  } catch {
    return '/'
  }
}
