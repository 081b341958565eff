import { isIPv4, isIPv6, SocketAddress } from 'node:net'

/** The start of a connection, as far as it is a header of the PROXY protocol. */
export type ProxyHeader =
  | { state: 'incomplete' }
  /** The connection starts with something else. */
  | { state: 'absent' }
  | { state: 'invalid'; problem: string }
  /** `clientAddress` is undefined if the connection is one of the load balancer itself, such as a health check. */
  | { state: 'complete'; octets: number; clientAddress: string | undefined }

const first = Buffer.from('PROXY ')
const second = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

/** Section 2.1: the longest line, with its end. */
const maxLineOctets = 107
/** Section 2.2: what comes before the addresses. */
const fixedOctets = 16
/** Of addresses and additional fields (TLV) of version 2; load balancers send some hundreds at most. */
const maxBlockOctets = 4096

const invalid = (problem: string): ProxyHeader => ({ state: 'invalid', problem })

/**
 * Parses a header of the PROXY protocol, version 1 or 2 (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt),
 * at the start of `bytes`. Additional fields of version 2 are skipped.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsWith(bytes, first)) return bytes.length < first.length ? { state: 'incomplete' } : readLine(bytes)
  if (startsWith(bytes, second)) return readBlock(bytes)
  return { state: 'absent' }
}

/** Whether the two agree as far as the shorter one reaches. */
const startsWith = (bytes: Buffer, signature: Buffer): boolean => {
  const length = Math.min(bytes.length, signature.length)
  return bytes.compare(signature, 0, length, 0, length) === 0
}

function readLine(bytes: Buffer): ProxyHeader {
  const text = bytes.toString('latin1', 0, maxLineOctets)
  const end = text.indexOf('\r\n')
  if (end < 0)
    return bytes.length < maxLineOctets ? { state: 'incomplete' } : invalid('its line does not end')
  const octets = end + 2
  // The rest of a line with unknown addresses is ignored (section 2.1).
  if (/^PROXY UNKNOWN( |$)/.test(text.slice(0, end)))
    return { state: 'complete', octets, clientAddress: undefined }
  const [, family, source = '', destination = '', ...ports] = text.slice(0, end).split(' ')
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isPlainIPv6 : undefined
  if (isAddress === undefined) return invalid('its line names an unknown protocol')
  if (!isAddress(source) || !isAddress(destination)) return invalid('its line has an invalid address')
  if (ports.length !== 2 || !ports.every(isPort)) return invalid('its line has an invalid port')
  return { state: 'complete', octets, clientAddress: toUsual(source) }
}

/** Without a zone: it says something to one machine only. */
const isPlainIPv6 = (text: string): boolean => isIPv6(text) && !text.includes('%')
const isPort = (text: string): boolean => /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535

/** Octets of source, destination and ports by address family; UNIX sockets have paths. */
const blockOctets: Record<number, number> = { 0: 0, 1: 12, 2: 36, 3: 216 }
const [local, proxy] = [0x20, 0x21]
const [unspecified, stream] = [0, 1]

function readBlock(bytes: Buffer): ProxyHeader {
  const [command, protocol] = [bytes[second.length], bytes[second.length + 1]]
  if (command !== undefined && command !== local && command !== proxy)
    return invalid('its version or command is unknown')
  if (bytes.length < fixedOctets) return { state: 'incomplete' }
  const length = bytes.readUInt16BE(second.length + 2)
  if (length > maxBlockOctets) return invalid(`it has more than ${maxBlockOctets} octets`)
  const [family, transport] = [(protocol ?? 0) >> 4, (protocol ?? 0) & 15]
  // The family of a connection of the load balancer itself is ignored (section 2.2).
  if (command === proxy) {
    const needed = blockOctets[family]
    if (needed === undefined || (transport !== stream && transport !== unspecified))
      return invalid('its address family or protocol is unknown')
    if (length < needed) return invalid('it is too short for its addresses')
  }
  const octets = fixedOctets + length
  if (bytes.length < octets) return { state: 'incomplete' }
  const clientAddress = command === proxy ? readAddress(bytes, family) : undefined
  return { state: 'complete', octets, clientAddress }
}

function readAddress(bytes: Buffer, family: number): string | undefined {
  if (family === 1) return bytes.subarray(fixedOctets, fixedOctets + 4).join('.')
  if (family !== 2) return undefined
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(fixedOctets + i * 2).toString(16))
  return toUsual(groups.join(':'))
}

/** An address as the system would write it; one of IPv4 within IPv6 as IPv4. */
const toUsual = (address: string): string => {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  return new SocketAddress({ address, family }).address.replace(/^::ffff:(?=\d+\.)/, '')
}
