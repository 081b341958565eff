import { isHopByHop } from '../../shapes/identity-headers.ts'
import { type Fields, readNominated, trimValue } from '../message/read-fields.ts'
import type { SentName } from './upstream-headers.ts'

/**
 * Fields that are forbidden after a body, since they change framing, routing, authentication or caching of
 * what came before (RFC 9110, section 6.5.1), or are the gateway's own. Of `Content-` and `Accept-` two are
 * allowed (RFC 9530, section 6.5; RFC 9110, section 14.3).
 */
const neverTrailing = new RegExp(
  `^(?:${[
    'content-(?!digest$)|host$|via$|max-forwards$|expect$|te$|upgrade$',
    'authorization$|www-authenticate$|proxy-|cookie|set-cookie',
    'if-|range$|accept$|accept-(?!ranges$)|cache-control$|pragma$|prefer$|idempotency-key$',
    'origin$|referer$|user-agent$|from$',
    'age$|date$|expires$|location$|retry-after$|vary$|warning$|allow$|link$|alt-svc$|last-modified$',
    'access-control-|cross-origin-|strict-transport-security$|postern-|ratelimit',
  ].join('|')})`,
)

/** Returns the name under which a trailer is forwarded; empty if it is not. */
export type TrailerName = (raw: string) => string

/**
 * Creates the names for the trailers of a client: nothing that could claim an identity. `connection` is that
 * of its request.
 */
export function createSentTrailerName(sentName: SentName, connection: string | undefined): TrailerName {
  const nominated = readNominated(connection)
  return (raw) => {
    const name = sentName(raw)
    return neverTrailing.test(name) || nominated?.has(name) ? '' : name
  }
}

/** Creates the names for the trailers of a response with this `Connection` header. */
export function createAnswerTrailerName(connection: string | string[] | undefined): TrailerName {
  const nominated = readNominated(connection)
  return (raw) => {
    const name = raw.toLowerCase()
    return isHopByHop(name) || neverTrailing.test(name) || nominated?.has(name) ? '' : name
  }
}

/**
 * Returns the value of `Trailer` with the forwarded names (RFC 9110, section 6.6.2); undefined if there are
 * none.
 */
export function toAnnounced(trailer: string | string[] | undefined, toName: TrailerName): string | undefined {
  const names = String(trailer ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && toName(name) !== '')
  return names.length > 0 ? names.join(', ') : undefined
}

/** Returns the forwarded trailers; a repeated one has a list. Undefined if there are none. */
export function toTrailers(
  fields: Fields,
  toName: TrailerName,
): Record<string, string | string[]> | undefined {
  let kept: Record<string, string | string[]> | undefined
  for (const raw in fields) {
    const [name, value] = [toName(raw), fields[raw]]
    if (name === '' || value === undefined) continue
    kept ??= Object.create(null) as Record<string, string | string[]>
    kept[name] = trimValue(value)
  }
  return kept
}
