/**
 * Whether a field comes on more than one line of a request. Node gives the first of some fields and leaves out the
 * rest, which another program may read. `raw` are names and values in turn; `name` is in lower case.
 */
export function isRepeated(raw: readonly string[], name: string): boolean {
  let count = 0
  for (let i = 0; i < raw.length; i += 2) {
    const one = raw[i] as string
    if (one.length === name.length && one.toLowerCase() === name) count += 1
  }
  return count > 1
}
