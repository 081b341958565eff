import type { ReadinessCount } from '../../contract/usage-batch.ts'
import type { Readiness } from '../request-context/findings.ts'

const hourMs = 3_600_000

/** Where and when a counted request occurred. */
type Seen = Pick<ReadinessCount, 'environment' | 'credentialId'> & { at: number; clientAddress: string }

/** Counts the outcomes of requests if a certificate were required, until the counts are taken. */
export function createReadinessCounter() {
  const counts = new Map<string, ReadinessCount>()

  return {
    count({ organizationId, since, code }: Readiness, seen: Seen): void {
      const { environment, credentialId, at, clientAddress } = seen
      const hour = at - (at % hourMs)
      const key = `${organizationId} ${environment} ${since} ${credentialId} ${code} ${hour}`
      const known = counts.get(key)
      const calls = (known?.calls ?? 0) + 1
      const { lastAt, lastAddress } =
        known === undefined || at >= known.lastAt ? { lastAt: at, lastAddress: clientAddress } : known
      const place = { organizationId, environment, since, credentialId, code, hour }
      counts.set(key, { ...place, calls, lastAt, lastAddress })
    },
    take: (): ReadinessCount[] => [...counts.values()],
  }
}
