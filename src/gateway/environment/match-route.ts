import { foldPath } from '../../contract/canonical-path.ts'

/** The route that a path and a method need. */
export interface Route {
  /** In canonical form; matches itself and everything below it. */
  path: string
  methods?: readonly string[] | undefined
  scope: string
}

/**
 * The route of a request: the longest one whose path is the given one or above it, and that has the method.
 * `unneeded` if the environment has no routes (null) and any token suffices; `unknown` if no route matches;
 * `ambiguous` if some programs would run the request as one of another scope.
 */
export type RouteMatch = Route | 'unneeded' | 'unknown' | 'ambiguous'

/** `path` as the client sent it, `canonical` as `toCanonicalPath` returns it. */
export type RouteMatcher = (path: string, canonical: string, method: string) => RouteMatch

interface PreparedRoute {
  route: Route
  /** Without a trailing slash. */
  base: string
  folded: string
  depth: number
}

/** Prepares routes for matching. */
export function createRouteMatcher(routes: readonly Route[] | null): RouteMatcher {
  // Ordered by length, so that the first match is the longest.
  const prepared = (routes ?? []).map(prepare).sort((a, b) => b.base.length - a.base.length)

  return (path, canonical, method) => {
    if (routes === null) return 'unneeded'
    const found = findLongest(prepared, canonical, method)
    if (found === undefined) return 'unknown'
    // Some programs match the raw path and decode it afterwards.
    if (path !== canonical && findLongest(prepared, path, method)?.route.scope !== found.route.scope)
      return 'ambiguous'
    return isReadAsDeeper(prepared, found, canonical, method) ? 'ambiguous' : found.route
  }
}

function prepare(route: Route): PreparedRoute {
  const base = route.path.replace(/\/$/, '')
  return { route, base, folded: foldPath(base) ?? base, depth: base.split('/').length }
}

function findLongest(
  prepared: readonly PreparedRoute[],
  path: string,
  method: string,
): PreparedRoute | undefined {
  let found: PreparedRoute | undefined
  for (const one of prepared) {
    if (found !== undefined && one.base.length < found.base.length) break
    if (!liesBelow(path, one.base) || !takes(one.route, method)) continue
    // A route for HEAD takes precedence over that of GET.
    if (found === undefined || one.route.methods?.includes(method)) found = one
  }
  return found
}

/** Returns whether a lenient program would run a deeper route that requires another scope. */
function isReadAsDeeper(
  prepared: readonly PreparedRoute[],
  { route: { scope }, depth }: PreparedRoute,
  canonical: string,
  method: string,
): boolean {
  let folded: string | undefined
  for (const one of prepared) {
    if (one.depth <= depth || one.route.scope === scope || !takes(one.route, method)) continue
    folded ??= foldPath(canonical)?.replace(/\/$/, '')
    if (folded === undefined || liesBelow(folded, one.folded) || hasExtension(folded, one.folded)) return true
  }
  return false
}

const liesBelow = (path: string, base: string): boolean =>
  path.startsWith(base) && (path.length === base.length || path[base.length] === '/')

/**
 * Returns whether the path is that of the route with a file extension, which some frameworks interpret as the
 * requested media type.
 */
const hasExtension = (path: string, base: string): boolean =>
  path.startsWith(`${base}.`) && path.indexOf('/', base.length) < 0

/**
 * Returns whether a route has a method. A program without a handler for HEAD runs that of GET (RFC 9110,
 * section 9.3.2).
 */
const takes = ({ methods }: Route, method: string): boolean =>
  methods === undefined || methods.includes(method) || (method === 'HEAD' && methods.includes('GET'))
