/** Data exceptions, broken constraints, rows that hit twice upon the same, and rows that are too large: classes of SQLSTATE. */
const refusedStates = /^(21|22|23|54)[0-9A-Z]{3}$/
/** SQLite's for text or a blob that is too long, a broken constraint, a value of a wrong type, and a value out of range. */
const refusedResults = new Set([18, 19, 20, 25])

/**
 * Whether `error` says that the store refuses what is to be written, so that it will refuse it each time: not that it is
 * away, busy, full, or of another release. What comes neither from the store nor from the network is such an error too:
 * a value that cannot be handed over.
 */
export function isRowRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  if (typeof errcode === 'number') return refusedResults.has(errcode & 0xff)
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return refusedStates.test(code)
  return error instanceof TypeError || error instanceof RangeError
}

/** What the store calls an error, without the words, which may repeat a value: SQLSTATE, SQLite's result code, or a name. */
export function storeCodeOf(error: unknown): string {
  const { code, errcode, name } = (error ?? {}) as { code?: unknown; errcode?: unknown; name?: unknown }
  if (typeof errcode === 'number') return `SQLITE_${errcode}`
  if (typeof code === 'string' && /^\w{1,40}$/.test(code)) return code
  return typeof name === 'string' && /^\w{1,40}$/.test(name) ? name : 'unknown'
}
