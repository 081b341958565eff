type Recorded = Record<string, unknown> | null | undefined

/** One thing that changed. `was` is given where it had another value before. */
export interface ChangeLine {
  name: string
  text: string
  was?: string
}

/** A recorded change in words, one line a field, in the order of the record; fields without a value are left out. */
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

/** What stands in a record and in the records within it, by its name in words. */
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
