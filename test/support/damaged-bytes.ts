import fc from 'fast-check'

const change = fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('set', 'insert', 'remove', 'cut'))

function applyChange(
  bytes: Uint8Array,
  [position, octet, kind]: typeof change extends fc.Arbitrary<infer T> ? T : never,
): Uint8Array {
  const at = position % (bytes.length + 1)
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
  if (kind === 'cut') return before
  if (kind === 'insert') return Uint8Array.of(...before, octet, ...after)
  return Uint8Array.of(...before, ...(kind === 'set' ? [octet] : []), ...after.subarray(1))
}

/** Returns one of `seeds` with up to five changes, as by line damage or an attacker. */
export function damagedBytes(seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.constantFrom(...seeds), fc.array(change, { minLength: 1, maxLength: 5 }))
    .map(([seed, changes]) => changes.reduce(applyChange, seed))
}
