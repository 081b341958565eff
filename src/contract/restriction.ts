/**
 * Reads the restriction that a column holds as JSON: only null restricts nothing, and a list allows its
 * items. Any other value gives the empty list, which allows nothing, so that a damaged row grants no rights.
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
