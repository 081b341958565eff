/** What a path and a method need. */
export interface Route {
  path: string
  methods?: readonly string[] | undefined
  scope: string
}

/**
 * The scope that a call needs: that of the longest route whose path is the given one or lies above
 * it, and which has the method. Null where the environment has no routes at all and any token will
 * do; nothing where there are routes and none fits: such a call is refused.
 */
export function findScope(routes: readonly Route[], path: string, method: string): string | null | undefined {
  if (routes.length === 0) return null
  return routes
    .filter((route) => covers(route.path, path) && (route.methods?.includes(method) ?? true))
    .sort((a, b) => b.path.length - a.path.length)[0]?.scope
}

function covers(route: string, path: string): boolean {
  const base = route.endsWith('/') ? route.slice(0, -1) : route
  return path === base || path.startsWith(`${base}/`) || route === '/'
}
