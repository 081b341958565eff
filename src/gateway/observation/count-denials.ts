import type { ActivityRecord, DenialCount } from '../../contract/usage-batch.ts'

const hourMs = 3_600_000

type DeniedRequest = Pick<ActivityRecord, 'at' | 'code' | 'environment' | 'organizationId' | 'proven'>

/** Counts denials by code and organization, until the counts are taken. */
export function createDenialCounter() {
  const counts = new Map<string, DenialCount>()

  return {
    count({ at, code, environment, organizationId, proven }: DeniedRequest): void {
      if (code === null) return
      const hour = at - (at % hourMs)
      const key = `${environment} ${organizationId} ${code} ${hour}`
      const known = counts.get(key)
      const lastAt = Math.max(at, known?.lastAt ?? 0)
      const isClaim = organizationId !== null && !proven
      const count = (known?.count ?? 0) + 1
      const unproven = (known?.unproven ?? 0) + (isClaim ? 1 : 0)
      counts.set(key, { environment, organizationId, code, hour, count, unproven, lastAt })
    },
    take: (): DenialCount[] => [...counts.values()],
  }
}
