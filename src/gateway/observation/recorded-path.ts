import { toCanonicalPath } from '../../contract/canonical-path.ts'
import { gatewayPaths } from '../../contract/gateway-paths.ts'

/** How the paths of requests are recorded: as the matching route, as they were sent, or not at all. */
export type RecordedPaths = 'template' | 'full' | 'none'

/** What determines how the paths of an environment are recorded. */
export interface PathPolicy {
  recordedPaths: RecordedPaths
  /** Null if the environment has no routes. */
  routes: readonly { path: string; methods?: readonly string[] | undefined }[] | null
}

const maxCharacters = 500

/** The gateway's own paths; a client ID in the path may be a misplaced secret. */
const own = new Map<string, string>(Object.values(gatewayPaths).map((path) => [path, path]))

/**
 * Returns the recorded path of a request: with `template` the path of the longest matching route, preferring
 * one with the method, and null if none matches. It is a constant of the configuration, so a request
 * allocates no string.
 */
export function createPathRecorder({ recordedPaths, routes }: PathPolicy) {
  const byLength = (routes ?? [])
    .map(({ path, methods }) => ({ path, base: path.endsWith('/') ? path.slice(0, -1) : path, methods }))
    .sort((a, b) => b.base.length - a.base.length)

  const findTemplate = (path: string, method: string): string | null => {
    const canonical = path.includes('%') ? (toCanonicalPath(path) ?? path) : path
    let covering: string | null = null
    for (const route of byLength) {
      if (!lies(canonical, route.base)) continue
      if (route.methods === undefined || route.methods.includes(method)) return route.path
      covering ??= route.path
    }
    return covering
  }

  return (path: string, method: string): string | null => {
    if (recordedPaths === 'none') return null
    const known = own.get(path) ?? findTokenPath(path)
    if (known !== undefined) return known
    // A copy: a slice would keep the query in memory.
    if (recordedPaths === 'full')
      return Buffer.from(path.slice(0, maxCharacters), 'latin1').toString('latin1')
    return findTemplate(path, method)
  }
}

function findTokenPath(path: string): string | undefined {
  if (path.startsWith('/token/')) return gatewayPaths.tokenOfClient
  return path.startsWith('/auth/token/') ? gatewayPaths.tokenOfClientBelowAuth : undefined
}

const lies = (path: string, base: string): boolean =>
  path.startsWith(base) && (path.length === base.length || path[base.length] === '/')
