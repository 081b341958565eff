/** Whether two byte strings are equal. Not for secrets: it takes longer the more they agree. */
export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i])
}
