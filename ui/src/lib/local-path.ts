/** `path` where it names a page of this portal; else `/`. Nothing else may decide where a sign-in leads. */
export function toLocalPath(path: unknown): string {
  if (typeof path !== 'string' || !path.startsWith('/')) return '/'
  const here = 'http://portal.invalid'
  try {
    const url = new URL(path, here)
    // `//host` and `/\host` are addresses of other sites.
    return url.origin === here && url.pathname !== '/sign-in' && !url.pathname.startsWith('//')
      ? `${url.pathname}${url.search}${url.hash}`
      : '/'
  } catch {
    return '/'
  }
}
