/**
 * Classes of SQLSTATE: data exceptions, violated constraints, rows that affect the same row twice, and rows
 * that are too large.
 */
const rejectedStates = /^(21|22|23|54)[0-9A-Z]{3}$/
/**
 * SQLite's codes for a text or blob that is too long, a violated constraint, a value of a wrong type, and a
 * value out of range.
 */
const rejectedResults = new Set([18, 19, 20, 25])

/**
 * Returns whether `error` says that the store rejects the rows, so that it will reject them each time: not
 * that it is unavailable, busy, full, or of another release. An error that comes neither from the store nor
 * from the network counts too: the value cannot be passed to the store.
 */
export function isRowRejected(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  if (typeof errcode === 'number') return rejectedResults.has(errcode & 0xff)
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code)) return rejectedStates.test(code)
  return error instanceof TypeError || error instanceof RangeError
}

/**
 * Returns the store's code of an error, without the message, which may repeat a value: SQLSTATE, SQLite's
 * result code, or a name.
 */
export function getStoreCode(error: unknown): string {
  const { code, errcode, name } = (error ?? {}) as { code?: unknown; errcode?: unknown; name?: unknown }
  if (typeof errcode === 'number') return `SQLITE_${errcode}`
  if (typeof code === 'string' && /^\w{1,40}$/.test(code)) return code
  return typeof name === 'string' && /^\w{1,40}$/.test(name) ? name : 'unknown'
}
