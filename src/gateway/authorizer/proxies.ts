import type { IncomingMessage } from 'node:http'
import { decodeBase64, decodeElements, decodeEscapedPem } from './decode-certificate.ts'

/** The request that an authorization request is about. */
export interface OriginalRequest {
  method: string
  /** Path and query as the client sent them. */
  url: string
}

/** How one kind of reverse proxy sends authorization requests, and what it can do with the response. */
export interface ReverseProxy {
  /**
   * The only header from which its certificate is read, in lower case. Every other certificate header is
   * untrusted.
   */
  certificateHeader: string
  /** The value of that header if the client sent no certificate. */
  absent: string
  /**
   * Decodes the DER in that header. Throws or returns invalid data if there is none, which the certificate
   * decision denies.
   */
  decode(value: string): Uint8Array
  /**
   * Returns the request in question; undefined if the proxy does not send it. `rest` is what follows the
   * proxy in the path.
   */
  readCall(request: IncomingMessage, rest: string): OriginalRequest | undefined
  /** Whether it can forward only 401 and 403, and the error only in a header. */
  isTerse: boolean
  /** Whether its authorization request has every client header that the API would get. */
  showsHeaders: boolean
}

const ownHeader = 'postern-client-cert'

/** Each reverse proxy by its name in the path. None of them sends bodies. */
export const reverseProxies: ReadonlyMap<string, ReverseProxy> = new Map<string, ReverseProxy>([
  ['nginx', { ...forwarded(ownHeader, decodeEscapedPem), isTerse: true, showsHeaders: true }],
  ['haproxy', forwarded(ownHeader, decodeBase64)],
  // Caddy does not replace a placeholder without a value.
  [
    'caddy',
    {
      ...forwarded(ownHeader, decodeBase64),
      absent: '{http.request.tls.client.certificate_der_base64}',
      showsHeaders: true,
    },
  ],
  // Traefik sends the leaf and then its chain, without PEM headers.
  ['traefik', { ...forwarded('x-forwarded-tls-client-cert', decodeElements), showsHeaders: true }],
  [
    'envoy',
    {
      certificateHeader: 'x-forwarded-client-cert',
      absent: '',
      decode: (value) => decodeEscapedPem(/(?:^|;)Cert="([^"]*)"/i.exec(value)?.[1] ?? ''),
      // Envoy uses the method of the request, and its path after the prefix.
      readCall: ({ method = 'GET' }, rest) => ({ method, url: rest === '' ? '/' : rest }),
      isTerse: false,
      showsHeaders: false,
    },
  ],
])

function forwarded(certificateHeader: string, decode: ReverseProxy['decode']): ReverseProxy {
  return {
    certificateHeader,
    absent: '',
    decode,
    readCall({ headers }) {
      const { 'x-forwarded-method': method, 'x-forwarded-uri': url } = headers
      return typeof method === 'string' && typeof url === 'string' ? { method, url } : undefined
    },
    isTerse: false,
    showsHeaders: false,
  }
}
