import type { ActivityRecord, RefusalCount } from '../../contract/usage-batch.ts'

const hourMilliseconds = 3_600_000

type Refused = Pick<ActivityRecord, 'at' | 'code' | 'environment' | 'organizationId' | 'proven'>

/** Counts denials by code and organization, until the counts are taken. */
export function createRefusalCounter() {
  const counts = new Map<string, RefusalCount>()

  return {
    count({ at, code, environment, organizationId, proven }: Refused): void {
      if (code === null) return
      const hour = at - (at % hourMilliseconds)
      const key = `${environment} ${organizationId} ${code} ${hour}`
      const known = counts.get(key)
      const lastAt = Math.max(at, known?.lastAt ?? 0)
      const isClaim = organizationId !== null && !proven
      const count = (known?.count ?? 0) + 1
      const unproven = (known?.unproven ?? 0) + (isClaim ? 1 : 0)
      counts.set(key, { environment, organizationId, code, hour, count, unproven, lastAt })
    },
    take: (): RefusalCount[] => [...counts.values()],
  }
}
