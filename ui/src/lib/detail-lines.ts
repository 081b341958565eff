/** Recorded details as name and text, in the order of the record; what says nothing is left out. */
export function detailLines(details: Record<string, unknown>): { name: string; text: string }[] {
  return Object.entries(details)
    .filter(([, value]) => value !== null && value !== '' && value !== undefined)
    .map(([name, value]) => ({
      name: name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase(),
      text: typeof value === 'object' ? JSON.stringify(value) : String(value),
    }))
}
