/**
 * Returns whether a field is on more than one line of a request. Node returns the first of some fields and
 * omits the rest, which another program may read. `raw` has names and values alternately; `name` is in lower
 * case.
 */
export function isRepeated(raw: readonly string[], name: string): boolean {
  let count = 0
  for (let i = 0; i < raw.length; i += 2) {
    const one = raw[i] as string
    if (one.length === name.length && one.toLowerCase() === name) count += 1
  }
  return count > 1
}
