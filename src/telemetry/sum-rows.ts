/**
 * Returns one row for each key, with the sums of the named counts, in the order in which the keys first come. Two
 * minutes of one hour are one row of the hour.
 */
export function sumRows<Name extends string, Row extends Record<Name, number>>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  names: readonly Name[],
): Map<string, Row> {
  const sums = new Map<string, Row>()
  for (const row of rows) {
    const sum = sums.get(keyOf(row))
    if (sum === undefined) sums.set(keyOf(row), row)
    else for (const name of names) (sum as Record<Name, number>)[name] += row[name]
  }
  return sums
}
