import { toNetworkText } from '../../client-source.ts'
import type { CertificateUsage, UsageFacet } from '../../contract/usage-batch.ts'
import type { Observation } from './observation.ts'

const minuteMs = 60_000
const hourMs = 3_600_000
const dayMs = 86_400_000
/**
 * How many addresses of one certificate are counted separately per day between two batches; the rest are
 * counted together.
 */
const maxAddresses = 50
const otherAddresses = 'other'

type Countable = Pick<
  Observation,
  'at' | 'outcome' | 'kind' | 'status' | 'tlsVersion' | 'clientAddress' | 'credentialId' | 'issuedToken'
>

/**
 * The counts of one certificate. Requests arrive almost in the order of time, so the latest entry is cached.
 */
interface Own {
  minutes: Map<number, CertificateUsage>
  days: Map<number, Facets>
  /** Tokens, by hour and credentials. */
  tokens: Map<string, UsageFacet>
}

type Facets = Record<Exclude<UsageFacet['kind'], 'token'>, Map<string, UsageFacet>>

/** Counts the use of certificates by minute and by daily facet, until the counts are taken. */
export function createUseCounter() {
  const all = new Map<string, Own>()

  const ownOf = (certificateId: string): Own => {
    const known = all.get(certificateId)
    if (known !== undefined) return known
    const own: Own = { minutes: new Map(), days: new Map(), tokens: new Map() }
    all.set(certificateId, own)
    return own
  }

  return {
    isEmpty: () => all.size === 0,
    /** Counts an event of a certificate; `accepted` says whether it was accepted. */
    count(certificateId: string, seen: Countable, accepted: boolean): void {
      const own = ownOf(certificateId)
      const usage = usageAt(own, certificateId, seen.at)
      if (seen.outcome === 'refused') {
        usage.refusals += 1
        usage.lastDeniedAt = seen.at
      } else if (seen.kind !== 'connection') usage[classOf(seen.status)] += 1
      const day = seen.at - (seen.at % dayMs)
      const facets = facetsOf(own, day)
      const { address, tls } = facets
      const isTold = address.has(seen.clientAddress) || address.size < maxAddresses
      const value = isTold ? seen.clientAddress : otherAddresses
      countFacet(address, { certificateId, day, kind: 'address', value }, seen.at)
      if (seen.tlsVersion !== null)
        countFacet(tls, { certificateId, day, kind: 'tls', value: seen.tlsVersion }, seen.at)
      countCredential(own, certificateId, seen)
      if (!accepted) return
      if (seen.kind !== 'connection') countNetwork(facets.network, { certificateId, day }, seen)
      usage.firstAcceptedAt ??= seen.at
      usage.lastAcceptedAt = seen.at
    },
    /** Counts a handshake with a known certificate. */
    countHandshake(certificateId: string, at: number): void {
      usageAt(ownOf(certificateId), certificateId, at).handshakes += 1
    },
    take: () => ({
      certificates: [...all.values()].flatMap(({ minutes }) => [...minutes.values()]),
      facets: [...all.values()].flatMap(({ days, tokens }) => [
        ...[...days.values()].flatMap((facets) =>
          Object.values(facets).flatMap((kind) => [...kind.values()]),
        ),
        ...tokens.values(),
      ]),
    }),
  }
}

function usageAt({ minutes }: Own, certificateId: string, at: number): CertificateUsage {
  const minute = at - (at % minuteMs)
  const known = minutes.get(minute)
  if (known !== undefined) return known
  const usage: CertificateUsage = {
    certificateId,
    minute,
    handshakes: 0,
    ok: 0,
    redirects: 0,
    clientErrors: 0,
    serverErrors: 0,
    refusals: 0,
    firstAcceptedAt: null,
    lastAcceptedAt: null,
    lastDeniedAt: null,
  }
  minutes.set(minute, usage)
  return usage
}

function facetsOf({ days }: Own, day: number): Facets {
  const known = days.get(day)
  if (known !== undefined) return known
  const facets: Facets = { address: new Map(), tls: new Map(), credential: new Map(), network: new Map() }
  days.set(day, facets)
  return facets
}

/** Counts from which network an accepted call came; how many there were says more than that of the rest. */
function countNetwork(
  network: Map<string, UsageFacet>,
  of: Pick<UsageFacet, 'certificateId' | 'day'>,
  { clientAddress, at }: Countable,
): void {
  const value = toNetworkText(clientAddress)
  if (value === undefined || !(network.has(value) || network.size < maxAddresses)) return
  countFacet(network, { ...of, kind: 'network', value }, at)
}

/** Counts which credentials came with the certificate, and the tokens that are bound to it. */
function countCredential(
  own: Own,
  certificateId: string,
  { credentialId, issuedToken, at }: Countable,
): void {
  if (credentialId === null) return
  const day = at - (at % dayMs)
  const of = { certificateId, value: credentialId }
  countFacet(facetsOf(own, day).credential, { ...of, day, kind: 'credential' }, at)
  if (issuedToken !== true) return
  const hour = at - (at % hourMs)
  countFacet(own.tokens, { ...of, day: hour, kind: 'token' }, at, `${hour} ${credentialId}`)
}

function countFacet(
  facets: Map<string, UsageFacet>,
  facet: Pick<UsageFacet, 'certificateId' | 'day' | 'kind' | 'value'>,
  at: number,
  key = facet.value,
): void {
  const known = facets.get(key)
  if (known === undefined) {
    facets.set(key, { ...facet, count: 1, lastAt: at })
  } else {
    known.count += 1
    known.lastAt = at
  }
}

/** Classifies a status. A reverse proxy reports no status (null), only that the request was allowed. */
export function classOf(status: number | null): 'ok' | 'redirects' | 'clientErrors' | 'serverErrors' {
  if (status === null || status < 300) return 'ok'
  if (status < 400) return 'redirects'
  return status < 500 ? 'clientErrors' : 'serverErrors'
}
