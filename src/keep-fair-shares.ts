/** The number of kept rows, and the groups that share it. */
export interface Shares<Row> {
  most: number
  /** Maximum for one source, which the last of `levels` identifies. */
  maxOfOne: number
  /** The groups that share the rows, from the widest one to the source itself. */
  levels: readonly ((row: Row) => string)[]
}

/**
 * Returns the rows to keep of `rows`, which are in order of time. The group with the most rows loses some
 * first, down to an equal share at each level, and the latest of each group stay: many rows of one source
 * displace none of another.
 */
export function keepFairShares<Row>(rows: readonly Row[], { most, maxOfOne, levels }: Shares<Row>): Row[] {
  const bySource = Map.groupBy(rows, levels.at(-1) ?? (() => ''))
  const isAllKept = rows.length <= most && [...bySource.values()].every((own) => own.length <= maxOfOne)
  if (isAllKept) return [...rows]
  const capped = new Set([...bySource.values()].flatMap((own) => own.slice(-maxOfOne)))
  const inOrder = rows.filter((row) => capped.has(row))
  if (inOrder.length <= most) return inOrder
  const kept = new Set(share(inOrder, most, levels))
  return inOrder.filter((row) => kept.has(row))
}

function share<Row>(rows: readonly Row[], most: number, levels: Shares<Row>['levels']): readonly Row[] {
  if (rows.length <= most) return rows
  const [level, ...deeper] = levels
  if (level === undefined) return most === 0 ? [] : rows.slice(-most)
  // Groups with few rows come first: the unused part of their share goes to the others. Among equals the
  // latest come last, and if there is less than one row for each, the first get none.
  const groups = [...Map.groupBy(rows.toReversed(), level).values()].toReversed()
  let left = most
  return groups
    .sort((a, b) => a.length - b.length)
    .flatMap((group, index) => {
      const own = Math.min(group.length, Math.floor(left / (groups.length - index)))
      left -= own
      return share(group.toReversed(), own, deeper)
    })
}
