import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { type PresentedCertificate, readPresentedCertificate } from '../decision/presented-certificate.ts'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import type { Connection } from '../request-context/connections.ts'
import { createRequestContext, type RequestContext } from '../request-context/request-context.ts'
import type { OriginalRequest, ReverseProxy } from './proxies.ts'

/** Certificates of repeated authorization requests are parsed once. */
const maxRemembered = 2000

/** Reads what a reverse proxy reports about a client; one per listener, because it caches certificates. */
export function createAuthorizationRequestReader() {
  const remembered = new Map<string, PresentedCertificate>()

  const readCertificate = ({ certificateHeader, absent, decode }: ReverseProxy, request: IncomingMessage) => {
    const value = request.headers[certificateHeader]
    if (typeof value !== 'string' || value === '' || value === absent) return undefined
    const key = `${certificateHeader} ${value}`
    const known = remembered.get(key)
    if (known !== undefined) return known
    const presented = readPresentedCertificate(tryDecode(decode, value))
    remembered.set(key, presented)
    const [oldest] = remembered.keys()
    if (remembered.size > maxRemembered && oldest !== undefined) remembered.delete(oldest)
    return presented
  }

  /** Creates the request context for the client of a proxy. */
  return function readAuthorizationRequest(
    { request, response }: { request: IncomingMessage; response: ServerResponse },
    reverseProxy: ReverseProxy,
    call: OriginalRequest,
    context: { environment: GatewayEnvironment; now: number },
  ): RequestContext {
    const connection = connectionOf(request, readCertificate(reverseProxy, request))
    return createRequestContext(request, response, connection, { ...context, call })
  }
}

function tryDecode(decode: ReverseProxy['decode'], value: string): Uint8Array {
  try {
    return decode(value)
  } catch {
    return new Uint8Array()
  }
}

/** Describes the connection between client and proxy, which ends there: Postern cannot close it. */
function connectionOf(
  { socket, headers }: IncomingMessage,
  presented: PresentedCertificate | undefined,
): Connection {
  const forwardedFor = headers['x-forwarded-for']
  return {
    socket: socket as TLSSocket,
    session: undefined,
    presented,
    // Caddy writes tls1.3 for what the others call TLSv1.3.
    tlsVersion: readWord(headers['postern-tls-version']).replace(/^tls(?=1\.)/, 'TLSv'),
    cipher: readWord(headers['postern-tls-cipher']),
    resumed: false,
    // The last address is the one that the proxy itself saw.
    clientAddress: readAddress(forwardedFor),
    serverName: null,
    used: true,
    active: 0,
    closing: false,
    wasValid: false,
    isDenied: false,
    endsAnswers: false,
    unread: 0,
    admission: undefined,
    isOfProxy: true,
  }
}

const readWord = (value: string | string[] | undefined): string =>
  /^[\w.-]{1,60}$/.test(String(value)) ? String(value) : 'unknown'

/** Returns the last address of a list; undefined if it is not an address. */
function readAddress(value: string | string[] | undefined): string {
  const last =
    String(value ?? '')
      .split(',')
      .at(-1)
      ?.trim() ?? ''
  return isIP(last) === 0 ? '' : last
}
