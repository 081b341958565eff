/**
 * The restriction that a column holds as JSON: null alone restricts nothing, and a list allows what stands in it.
 * Everything that is neither null nor a list of texts gives the empty list, which allows nothing: a damaged row
 * gives no rights.
 */
export function parseRestriction(column: string): string[] | null {
  try {
    const value: unknown = JSON.parse(column)
    if (value === null) return null
    return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : []
  } catch {
    return []
  }
}
