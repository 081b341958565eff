import { isHopByHop } from '../../shapes/identity-headers.ts'
import { type Fields, readNominated, trimValue } from '../message/read-fields.ts'
import type { SentName } from './upstream-headers.ts'

/**
 * Fields that may not come after a body, since they say how to read, route, authorize or keep what came before
 * (RFC 9110, 6.5.1), or are the gateway's own. Of `Content-` and `Accept-` two may (RFC 9530, 6.5; RFC 9110, 14.3).
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

/** The name under which a trailer goes on; an empty one where it is kept back. */
export type TrailerName = (raw: string) => string

/** For the trailers of a client: nothing that could tell who calls. `connection` is that of its request. */
export function createSentTrailerName(sentName: SentName, connection: string | undefined): TrailerName {
  const nominated = readNominated(connection)
  return (raw) => {
    const name = sentName(raw)
    return neverTrailing.test(name) || nominated?.has(name) ? '' : name
  }
}

/** For the trailers of an answer with this `Connection` header. */
export function createAnswerTrailerName(connection: string | string[] | undefined): TrailerName {
  const nominated = readNominated(connection)
  return (raw) => {
    const name = raw.toLowerCase()
    return isHopByHop(name) || neverTrailing.test(name) || nominated?.has(name) ? '' : name
  }
}

/** The value of `Trailer` with the names that go on (RFC 9110, 6.6.2); nothing where none do. */
export function toAnnounced(trailer: string | string[] | undefined, toName: TrailerName): string | undefined {
  const names = String(trailer ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && toName(name) !== '')
  return names.length > 0 ? names.join(', ') : undefined
}

/** The trailers that go on; one that comes more than once has a list. Nothing where none do. */
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
