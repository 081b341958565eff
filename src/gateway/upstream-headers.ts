import type { Exchange } from './exchange.ts'

/** RFC 9110, 7.6.1, and what only makes sense on one connection. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'http2-settings',
])

/** Written anew for the upstream. */
const rewritten = new Set(['host', 'cookie'])

/** Headers by which proxies tell who calls: only Postern may, so a client's own are never passed on. */
const identity =
  /^(client-cert|x-client-cert|x-ssl|ssl-|x-tls|tls-|x-mtls|mtls-|x-forwarded|forwarded|x-real-ip|true-client-ip|x-cluster-client-ip|x-amzn-mtls|x-arr-clientcert|cf-client-cert|x-goog-|x-cert|x-verified|x-postern|postern)/

/** Whether a client must not send this header on: in any case, and with underscores, which many programs read as dashes. */
const isForged = (name: string): boolean => identity.test(name.toLowerCase().replaceAll('_', '-'))

/**
 * The headers of a call to the upstream, as names and values in turn: the client's, without what
 * belongs to its connection and without every header that could tell who calls; then who calls
 * (RFC 9440) and from where.
 */
export function toUpstreamHeaders(
  { request, connection, traceId }: Exchange,
  { host, chain }: { host: string; chain: readonly Uint8Array[] },
): string[] {
  const nominated = readNominated(request.headers.connection)
  const headers: string[] = ['host', host]
  const raw = request.rawHeaders
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase()
    if (name.startsWith(':') || rewritten.has(name) || hopByHop.has(name)) continue
    if (!nominated.has(name) && !isForged(name)) headers.push(name, raw[i + 1] as string)
  }
  // RFC 9113, 8.2.3: HTTP/2 may send cookies one by one, HTTP/1.1 wants them in one header.
  if (request.headers.cookie !== undefined) headers.push('cookie', request.headers.cookie)
  const { presented, clientAddress } = connection
  if (presented !== undefined) {
    headers.push('client-cert', toStructuredBytes(presented.der))
    // Of what we know of its issuers, and not of what the peer chose to send.
    if (chain.length > 0) headers.push('client-cert-chain', chain.map(toStructuredBytes).join(', '))
  }
  headers.push('x-forwarded-for', clientAddress, 'x-forwarded-proto', 'https')
  const asked = request.headers.host ?? request.headers[':authority']
  if (typeof asked === 'string') headers.push('x-forwarded-host', asked)
  headers.push('postern-trace-id', traceId)
  return headers
}

/** The headers of the answer that the client gets. */
export function toClientHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | string[]> {
  const nominated = readNominated(headers.connection)
  const kept: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !hopByHop.has(name) && !nominated.has(name)) kept[name] = value
  }
  return kept
}

function readNominated(connection: string | string[] | undefined): ReadonlySet<string> {
  if (connection === undefined) return new Set()
  return new Set(
    String(connection)
      .split(',')
      .map((name) => name.trim().toLowerCase()),
  )
}

/** `der` as a byte sequence of structured fields (RFC 8941, 3.3.5). */
export const toStructuredBytes = (der: Uint8Array): string => `:${Buffer.from(der).toString('base64')}:`
