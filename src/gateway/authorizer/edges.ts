import type { IncomingMessage } from 'node:http'
import { decodeBase64, decodeElements, decodeEscapedPem } from './decode-certificate.ts'

/** The call that an edge asks about. */
export interface AskedCall {
  method: string
  /** Path and query as the client sent them. */
  url: string
}

/** How one kind of edge asks, and what it can do with the answer. */
export interface Edge {
  /** The one header that its certificate is read from, in lower case. Every other header that names one is worthless. */
  certificateHeader: string
  /** What stands in that header where the client sent no certificate. */
  absent: string
  /** The DER in that header. Throws or gives rubbish for what is none; the verdict refuses that. */
  decode(value: string): Uint8Array
  /** The call that is asked about; nothing where the edge does not say. `rest` is what follows the edge in the path. */
  readCall(request: IncomingMessage, rest: string): AskedCall | undefined
  /** Whether it can hand on 401 and 403 only, and the words in a header alone. */
  isTerse: boolean
  /** Whether its question brings every header that the API would get of the client. */
  showsHeaders: boolean
}

const ownHeader = 'postern-client-cert'

/** Each edge by its name in the address. Bodies are never asked for. */
export const edges: ReadonlyMap<string, Edge> = new Map<string, Edge>([
  ['nginx', { ...forwarded(ownHeader, decodeEscapedPem), isTerse: true, showsHeaders: true }],
  ['haproxy', forwarded(ownHeader, decodeBase64)],
  // Caddy leaves a placeholder as it is that has no value.
  [
    'caddy',
    {
      ...forwarded(ownHeader, decodeBase64),
      absent: '{http.request.tls.client.certificate_der_base64}',
      showsHeaders: true,
    },
  ],
  // Traefik sends the leaf and then its chain, without armour.
  ['traefik', { ...forwarded('x-forwarded-tls-client-cert', decodeElements), showsHeaders: true }],
  [
    'envoy',
    {
      certificateHeader: 'x-forwarded-client-cert',
      absent: '',
      decode: (value) => decodeEscapedPem(/(?:^|;)Cert="([^"]*)"/i.exec(value)?.[1] ?? ''),
      // Envoy asks with the method of the call, and with its path behind the prefix.
      readCall: ({ method = 'GET' }, rest) => ({ method, url: rest === '' ? '/' : rest }),
      isTerse: false,
      showsHeaders: false,
    },
  ],
])

function forwarded(certificateHeader: string, decode: Edge['decode']): Edge {
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
