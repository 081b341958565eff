import { foldPath } from '../../contract/canonical-path.ts'

/** What a path and a method need. */
export interface Route {
  /** In its canonical form; it stands for itself and everything below it. */
  path: string
  methods?: readonly string[] | undefined
  scope: string
}

/**
 * The route of a call: the longest one whose path is the given one or lies above it, and which has the method.
 * `unneeded` where the environment names no routes (null) and any token will do; `unknown` where there are routes and
 * none fits; `ambiguous` where some programs would take the call for one of another scope.
 */
export type RouteMatch = Route | 'unneeded' | 'unknown' | 'ambiguous'

/** `path` as the client sent it, `canonical` as `toCanonicalPath` gives it. */
export type RouteMatcher = (path: string, canonical: string, method: string) => RouteMatch

interface PreparedRoute {
  route: Route
  /** Without a slash at the end. */
  base: string
  folded: string
  depth: number
}

/** Prepares routes to be matched against calls. */
export function createRouteMatcher(routes: readonly Route[] | null): RouteMatcher {
  // Each by its length, so that the first that fits is the longest.
  const prepared = (routes ?? []).map(prepare).sort((a, b) => b.base.length - a.base.length)

  return (path, canonical, method) => {
    if (routes === null) return 'unneeded'
    const found = findLongest(prepared, canonical, method)
    if (found === undefined) return 'unknown'
    // Some programs compare what was sent, and decode afterwards.
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
    // A route of its own for HEAD comes before that of GET.
    if (found === undefined || one.route.methods?.includes(method)) found = one
  }
  return found
}

/** Whether a lenient program would run a deeper route, one that needs another scope. */
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

/** Whether the path is that of the route with a file extension, which some frameworks take for the wanted media type. */
const hasExtension = (path: string, base: string): boolean =>
  path.startsWith(`${base}.`) && path.indexOf('/', base.length) < 0

/** A program that has no answer of its own to HEAD runs that of GET (RFC 9110, 9.3.2). */
const takes = ({ methods }: Route, method: string): boolean =>
  methods === undefined || methods.includes(method) || (method === 'HEAD' && methods.includes('GET'))
