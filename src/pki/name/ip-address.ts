/** Formats an address of 4 or 16 octets (RFC 5952); returns `undefined` for another length. */
export function formatIpAddress(octets: Uint8Array): string | undefined {
  if (octets.length === 4) return octets.join('.')
  if (octets.length !== 16) return undefined
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((octets[i * 2] as number) << 8) | (octets[i * 2 + 1] as number)).toString(16),
  )
  const { start, length } = findZeros(groups)
  // RFC 5952, section 4.2.2: a single group of zeros is not shortened.
  if (length < 2) return groups.join(':')
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`
}

/** Returns the first of the longest runs of zeros. */
function findZeros(groups: readonly string[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start += 1) {
    let end = start
    while (groups[end] === '0') end += 1
    if (end - start > longest.length) longest = { start, length: end - start }
  }
  return longest
}

/** Parses an IPv4 or IPv6 address; returns `undefined` for other text. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  if (!text.includes(':')) return parseIpv4(text)
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':'))) as [string[], string[]?]
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (tail ? missing < 1 : missing !== 0) return undefined
  const groups = tail ? [...head, ...Array<string>(missing).fill('0'), ...tail] : head
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  )
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  const isValid =
    parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
  return isValid ? Uint8Array.from(parts, Number) : undefined
}
