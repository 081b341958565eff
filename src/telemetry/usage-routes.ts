import type { Clock } from '../clock.ts'
import type { UsageBucket } from '../contract/usage.ts'
import type { Handlers } from '../http/handler.ts'
import { toText } from '../shapes/moment.ts'
import type { SeenValue, UsageCounts, UsageReadStore } from './usage-read-store.ts'
import { getWindow, toWindowView, type UsageWindow } from './usage-window.ts'

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
      const window = getWindow(range, clock.now())
      const [counts, tlsVersions, addresses] = await Promise.all([
        usage.listOfCertificate(organization.id, params.certificateId, window),
        usage.listFacets(params.certificateId, 'tls', window.from),
        usage.listFacets(params.certificateId, 'address', window.from),
      ])
      return {
        ...{ range, ...toWindowView(window), firstUsedAt, lastUsedAt, lastDeniedAt },
        ...sumUp(counts, window),
        tlsVersions: tlsVersions.map(toSeenView),
        clientAddresses: addresses.map(toSeenView),
      }
    },
    async getUsage({ organization, environment, query: { range } }) {
      const window = getWindow(range, clock.now())
      const [counts, certificatesInUse] = await Promise.all([
        usage.listOfOrganization(organization.id, environment.name, window),
        usage.countInUse(organization.id, environment.name, window.from),
      ])
      return { range, ...toWindowView(window), ...sumUp(counts, window), certificatesInUse }
    },
  }
}

/** Returns every span of the window, including empty ones, and what they add up to. */
function sumUp(counts: readonly UsageCounts[], { milliseconds, count, from }: UsageWindow) {
  const known = new Map(counts.map((each) => [each.start, each]))
  const buckets = Array.from({ length: count }, (_, index): UsageBucket => {
    const start = from + index * milliseconds
    const { start: _start, ok, refusals, ...found } = known.get(start) ?? { ...nothing, start }
    return { start: toText(start), succeeded: ok, ...found, denied: refusals }
  })
  const sum = (readCount: (bucket: UsageBucket) => number) =>
    buckets.reduce((total, bucket) => total + readCount(bucket), 0)
  return {
    callCount: sum((each) => each.succeeded + each.redirects + each.clientErrors + each.serverErrors),
    deniedCount: sum(({ denied }) => denied),
    buckets,
  }
}

const nothing = { handshakes: 0, ok: 0, redirects: 0, clientErrors: 0, serverErrors: 0, refusals: 0 }

const toSeenView = ({ value, count, lastAt }: SeenValue) => ({
  value,
  count,
  lastAt: toText(lastAt),
})
