/** Returns whether two byte strings are equal. Not for secrets: the time depends on the content. */
export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i])
}
