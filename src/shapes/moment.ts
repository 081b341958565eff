/** A moment in milliseconds since 1970 as text (RFC 3339, UTC); null stays null. */
export function toText(moment: number): string
export function toText(moment: number | null): string | null
export function toText(moment: number | null): string | null {
  return moment === null ? null : new Date(moment).toISOString()
}
