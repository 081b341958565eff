const maxOctets = 64

/**
 * Returns the dotted form of an OBJECT IDENTIFIER's content octets, or `undefined` if they are not DER
 * (X.690, section 8.19).
 */
export function decodeOid(content: Uint8Array): string | undefined {
  if (content.length === 0 || content.length > maxOctets || (content.at(-1) as number) >= 0x80)
    return undefined
  const arcs: (number | bigint)[] = []
  let start = 0
  for (let i = 0; i < content.length; i += 1) {
    if (i === start && content[i] === 0x80) return undefined
    if ((content[i] as number) >= 0x80) continue
    arcs.push(readArc(content, start, i))
    start = i + 1
  }
  const first = arcs[0] as number | bigint
  const root = first < 40 ? 0 : first < 80 ? 1 : 2
  arcs[0] = typeof first === 'bigint' ? first - BigInt(root * 40) : first - root * 40
  return `${root}.${arcs.join('.')}`
}

function readArc(content: Uint8Array, start: number, last: number): number | bigint {
  // Seven octets of seven bits stay below 2⁵³; only UUID-based identifiers (X.667) are longer.
  if (last - start < 7) {
    let arc = 0
    for (let i = start; i <= last; i += 1) arc = arc * 128 + ((content[i] as number) & 0x7f)
    return arc
  }
  let arc = 0n
  for (let i = start; i <= last; i += 1) arc = (arc << 7n) | BigInt((content[i] as number) & 0x7f)
  return arc
}

/**
 * Returns the content octets of an OBJECT IDENTIFIER in dotted form; throws a RangeError for an invalid one.
 */
export function encodeOid(dotted: string): Uint8Array {
  if (!/^(?:[01]\.[0-3]?\d|2\.\d+)(?:\.\d+)*$/.test(dotted)) throw new RangeError('not an object identifier')
  const [root, second, ...rest] = dotted.split('.').map(BigInt) as [bigint, bigint, ...bigint[]]
  const octets: number[] = []
  for (const arc of [root * 40n + second, ...rest]) {
    const groups = [Number(arc & 0x7fn)]
    for (let left = arc >> 7n; left > 0n; left >>= 7n) groups.unshift(Number(left & 0x7fn) | 0x80)
    octets.push(...groups)
  }
  return Uint8Array.from(octets)
}
