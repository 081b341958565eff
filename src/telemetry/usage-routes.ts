import type { Clock } from '../clock.ts'
import type { UsageBucket, UsageRange } from '../contract/usage.ts'
import type { Handlers } from '../http/handler.ts'
import { toText } from '../shapes/moment.ts'
import { getSpans, type SeenValue, type UsageCounts, type UsageReadStore } from './usage-read-store.ts'

/** The dependencies of these routes. */
export interface UsageDependencies {
  usage: UsageReadStore
  clock: Clock
  /** Throws `not_found` for a certificate of another organization. */
  readCertificateState(
    organizationId: string,
    certificateId: string,
  ): Promise<{ firstUsedAt: string | null; lastUsedAt: string | null; lastDeniedAt: string | null }>
}

/** Returns the handlers for usage, of one certificate and of an organization. */
export function usageRoutes({
  usage,
  clock,
  readCertificateState,
}: UsageDependencies): Pick<Handlers, 'getCertificateUsage' | 'getUsage'> {
  return {
    async getCertificateUsage({ organization, params, query: { range } }) {
      const { firstUsedAt, lastUsedAt, lastDeniedAt } = await readCertificateState(
        organization.id,
        params.certificateId,
      )
      const since = firstOf(range, clock.now())
      const { grain } = getSpans[range]
      const [counts, tlsVersions, addresses] = await Promise.all([
        usage.listOfCertificate(organization.id, params.certificateId, grain, since),
        usage.listFacets(params.certificateId, 'tls', since),
        usage.listFacets(params.certificateId, 'address', since),
      ])
      return {
        ...{ range, firstUsedAt, lastUsedAt, lastDeniedAt },
        buckets: fill(counts, range, since),
        tlsVersions: tlsVersions.map(toSeenView),
        clientAddresses: addresses.map(toSeenView),
      }
    },
    async getUsage({ organization, environment, query: { range } }) {
      const since = firstOf(range, clock.now())
      const [counts, certificatesInUse] = await Promise.all([
        usage.listOfOrganization(organization.id, environment.name, getSpans[range].grain, since),
        usage.countInUse(organization.id, environment.name, since),
      ])
      return { range, buckets: fill(counts, range, since), certificatesInUse }
    },
  }
}

/** Returns the start of the first span; the last one is the present one. */
function firstOf(range: UsageRange, now: number): number {
  const { milliseconds, count } = getSpans[range]
  return now - (now % milliseconds) - (count - 1) * milliseconds
}

/** Returns every span of the range, including empty ones. */
function fill(counts: readonly UsageCounts[], range: UsageRange, since: number): UsageBucket[] {
  const { milliseconds, count } = getSpans[range]
  const known = new Map(counts.map((each) => [each.start, each]))
  return Array.from({ length: count }, (_, index) => {
    const start = since + index * milliseconds
    const { start: _start, ok, refusals, ...found } = known.get(start) ?? { ...nothing, start }
    return { start: toText(start), succeeded: ok, ...found, denied: refusals }
  })
}

const nothing = { handshakes: 0, ok: 0, redirects: 0, clientErrors: 0, serverErrors: 0, refusals: 0 }

const toSeenView = ({ value, count, lastAt }: SeenValue) => ({
  value,
  count,
  lastAt: toText(lastAt),
})
