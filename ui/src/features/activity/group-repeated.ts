import type { ActivityView } from '../../../../src/contract/activity.ts'
import { newestFirst } from './newest-first.ts'

/** Events further apart than this are told separately. */
const withinMs = 15 * 60_000

/** A gateway event, and the earlier ones that repeat it. */
export interface RepeatedActivity<Row extends ActivityView = ActivityView> {
  newest: Row
  /** All of them, the newest first. */
  rows: Row[]
}

/**
 * Groups denied requests with the same cause, certificate, address and kind where each follows the one before
 * within 15 minutes, the newest first. Allowed requests stay by themselves.
 */
export function groupRepeated<Row extends ActivityView>(given: readonly Row[]): RepeatedActivity<Row>[] {
  const groups: RepeatedActivity<Row>[] = []
  const open = new Map<string, RepeatedActivity<Row>>()
  for (const row of newestFirst(given) as Row[]) {
    const key = keyOf(row)
    const group = key === undefined ? undefined : open.get(key)
    if (group !== undefined && isNear(group, row)) {
      group.rows.push(row)
      continue
    }
    const begun = { newest: row, rows: [row] }
    groups.push(begun)
    if (key !== undefined) open.set(key, begun)
  }
  return groups
}

const keyOf = (row: ActivityView): string | undefined =>
  row.outcome === 'denied'
    ? JSON.stringify([
        row.code,
        row.certificate?.id,
        row.clientAddress,
        row.kind,
        row.environment,
        ownerOf(row),
      ])
    : undefined

const ownerOf = (row: ActivityView): unknown => {
  const { organization } = row as { organization?: { slug: string } | null }
  return [organization?.slug, row.identityProven]
}

const isNear = ({ rows }: RepeatedActivity, row: ActivityView): boolean =>
  Date.parse(rows.at(-1)?.at ?? '') - Date.parse(row.at) <= withinMs
