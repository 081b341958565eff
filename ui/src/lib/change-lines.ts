type Recorded = Record<string, unknown> | null | undefined

/** One change. `was` is the previous value if there was one. */
export interface ChangeLine {
  name: string
  text: string
  was?: string
}

/**
 * Describes a recorded change, one line per field, in the order of the record; fields without a value are
 * omitted.
 */
export function changeLines(before: Recorded, after: Recorded): ChangeLine[] {
  const old = flatten(before)
  const now = flatten(after)
  return [...new Set([...now.keys(), ...old.keys()])].flatMap((name) => {
    const was = old.get(name) ?? ''
    const text = now.get(name) ?? ''
    if (was === text) return text === '' ? [] : [{ name, text }]
    return [{ name, text, ...(was === '' ? {} : { was }) }]
  })
}

/** Flattens a record and its nested records to labels and values. */
function flatten(record: Recorded, above = ''): Map<string, string> {
  const fields = Object.entries(record ?? {}).flatMap(([key, value]): [string, string][] => {
    const name = above + key.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
    if (isRecord(value)) return [...flatten(value, `${name}, `)]
    return [[name, Array.isArray(value) ? value.map(toText).join(', ') : toText(value)]]
  })
  return new Map(fields)
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const toText = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '')
