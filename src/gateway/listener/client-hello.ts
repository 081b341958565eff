/** What a client offers at the start of a handshake (RFC 8446, section 4.1.2), as far as errors need it. */
export interface ClientHello {
  /** SNI */
  serverName: string | null
  /** The latest version that it offers, as in TLS: 0x0303 is TLS 1.2. */
  newestVersion: number
  /** Named groups by number; empty if there are none. */
  groups: readonly number[]
  /** Application protocols (ALPN, RFC 7301) as text; empty if there are none. */
  protocols: readonly string[]
}

const handshakeRecord = 22
const clientHello = 1
const [serverName, supportedGroups, applicationProtocols, supportedVersions] = [0, 10, 16, 43]

/**
 * Parses the start of a TLS connection. Returns undefined if it is not a complete ClientHello: the result
 * explains what TLS has already rejected, and decides nothing.
 */
export function readClientHello(bytes: Buffer): ClientHello | undefined {
  try {
    return parse(bytes)
  } catch (error) {
    // Truncated, or with inconsistent lengths.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function parse(bytes: Buffer): ClientHello | undefined {
  if (bytes.readUInt8(0) !== handshakeRecord || bytes.readUInt8(5) !== clientHello) return undefined
  const legacyVersion = bytes.readUInt16BE(9)
  let position = 43
  position += 1 + bytes.readUInt8(position)
  position += 2 + bytes.readUInt16BE(position)
  position += 1 + bytes.readUInt8(position)
  const extensions = position < bytes.length ? readExtensions(bytes.subarray(position)) : new Map()
  const versions = readList(extensions.get(supportedVersions)?.subarray(1))
  return {
    serverName: readServerName(extensions.get(serverName)),
    // RFC 8701: values that end in 0a are GREASE.
    newestVersion: Math.max(...versions.filter((version) => (version & 0xff) !== 0x0a), legacyVersion),
    groups: readList(extensions.get(supportedGroups)?.subarray(2)),
    protocols: readNames(extensions.get(applicationProtocols)?.subarray(2)),
  }
}

function readExtensions(bytes: Buffer): Map<number, Buffer> {
  const extensions = new Map<number, Buffer>()
  const end = 2 + bytes.readUInt16BE(0)
  for (let position = 2; position < end; ) {
    const length = bytes.readUInt16BE(position + 2)
    if (position + 4 + length > bytes.length) break
    extensions.set(bytes.readUInt16BE(position), bytes.subarray(position + 4, position + 4 + length))
    position += 4 + length
  }
  return extensions
}

const readList = (bytes = Buffer.alloc(0)): number[] =>
  Array.from({ length: bytes.length >> 1 }, (_, i) => bytes.readUInt16BE(i * 2))

const maxNames = 10

/** RFC 7301, section 3.1: each name follows its length. Names outside printable ASCII are omitted. */
function readNames(bytes = Buffer.alloc(0)): string[] {
  const names: string[] = []
  for (let at = 0; at < bytes.length && names.length < maxNames; ) {
    const end = at + 1 + bytes.readUInt8(at)
    const name = bytes.toString('latin1', at + 1, end)
    if (/^[\x21-\x7e]{1,40}$/.test(name)) names.push(name)
    at = end
  }
  return names
}

/** RFC 6066, section 3: a list in which only a single host name was ever used. */
function readServerName(bytes: Buffer | undefined): string | null {
  if (bytes === undefined || bytes.length < 5 || bytes[2] !== 0) return null
  const name = bytes.toString('latin1', 5, 5 + bytes.readUInt16BE(3))
  return /^[\w.-]{1,253}$/.test(name) ? name : null
}
