/** Header fields or trailers by their names in lower case; a repeated field has a list. */
export type Fields = Readonly<Record<string, string | string[] | undefined>>

/**
 * Reads alternating names and values, with each field as it arrived: Node's own parsing omits repeated ones.
 */
export function readFields(raw: readonly string[]): Fields {
  const fields: Record<string, string | string[]> = Object.create(null)
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase()
    const value = raw[i + 1] as string
    const known = fields[name]
    fields[name] = known === undefined ? value : [known, value].flat()
  }
  return fields
}

/**
 * Returns the fields that a `Connection` header names, in lower case (RFC 9110, section 7.6.1); undefined if
 * there are none.
 */
export function readNominated(connection: string | string[] | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined
  return new Set(
    String(connection)
      .split(',')
      .map((name) => name.trim().toLowerCase()),
  )
}

const [space, tab] = [32, 9]

/**
 * Returns a value without trailing whitespace, which belongs to the line (RFC 9112, section 5.1) and which
 * HTTP/2 forbids.
 */
export function trimValue(value: string | string[]): string | string[] {
  if (typeof value !== 'string') return value.map((one) => trimValue(one) as string)
  let end = value.length
  for (; end > 0; end -= 1) {
    const last = value.charCodeAt(end - 1)
    if (last !== space && last !== tab) break
  }
  return end === value.length ? value : value.slice(0, end)
}
