/** How many rows are kept, and among whom they are shared. */
export interface Shares<Row> {
  most: number
  /** How many of one source, which the last of `levels` tells apart. */
  mostOfOne: number
  /** Who shares, from the widest group to the source itself. */
  levels: readonly ((row: Row) => string)[]
}

/**
 * The rows that are kept of `rows`, which are in the order of time. Whoever has the most gives up first, down to an
 * equal share at each level, and of everybody the newest stay: many rows of one source displace none of another.
 */
export function keepFairly<Row>(rows: readonly Row[], { most, mostOfOne, levels }: Shares<Row>): Row[] {
  const bySource = Map.groupBy(rows, levels.at(-1) ?? (() => ''))
  const isAllKept = rows.length <= most && [...bySource.values()].every((own) => own.length <= mostOfOne)
  if (isAllKept) return [...rows]
  const capped = new Set([...bySource.values()].flatMap((own) => own.slice(-mostOfOne)))
  const inOrder = rows.filter((row) => capped.has(row))
  if (inOrder.length <= most) return inOrder
  const kept = new Set(share(inOrder, most, levels))
  return inOrder.filter((row) => kept.has(row))
}

function share<Row>(rows: readonly Row[], most: number, levels: Shares<Row>['levels']): readonly Row[] {
  if (rows.length <= most) return rows
  const [level, ...deeper] = levels
  if (level === undefined) return most === 0 ? [] : rows.slice(-most)
  // Those with few come first: what they leave of their share is for the others. Among equals the newest come last,
  // and where there is less than one row for each, the first get none.
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
