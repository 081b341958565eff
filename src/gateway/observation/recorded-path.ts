import { toCanonicalPath } from '../../contract/canonical-path.ts'

/** How the paths of calls are recorded: as the route that fits, as they were sent, or not at all. */
export type RecordedPaths = 'template' | 'full' | 'none'

/** What says how the paths of an environment are recorded. */
export interface PathPolicy {
  recordedPaths: RecordedPaths
  /** Null where the environment names none. */
  routes: readonly { path: string; methods?: readonly string[] | undefined }[] | null
}

const mostCharacters = 500

/** The gateway's own addresses; a client id in the path may be a secret that took its place. */
const own = new Map(
  [
    '/token',
    '/introspect',
    '/revoke',
    '/whoami',
    '/registrations',
    '/jwks.json',
    '/.well-known/oauth-authorization-server',
  ].map((path) => [path, path]),
)

/**
 * Gives what is recorded of the path of a call: with `template` the path of the longest route that fits, one with the
 * method first, and nothing where none does. It is a constant of the configuration, so that a call costs no new text.
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
    // A copy: the text of a request keeps its query in memory.
    if (recordedPaths === 'full')
      return Buffer.from(path.slice(0, mostCharacters), 'latin1').toString('latin1')
    return findTemplate(path, method)
  }
}

function findTokenPath(path: string): string | undefined {
  if (path.startsWith('/token/')) return '/token/{clientId}'
  return path.startsWith('/auth/token/') ? '/auth/token/{clientId}' : undefined
}

const lies = (path: string, base: string): boolean =>
  path.startsWith(base) && (path.length === base.length || path[base.length] === '/')
