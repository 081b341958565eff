import type { IncomingMessage } from 'node:http'

const absoluteForm = /^https:\/\/([^/?#@]+)([/?].*)?$/i

/**
 * Brings the head of a request into the one form that everything after it reads. A target in absolute form becomes its
 * origin form, and the host that it names counts in place of the header `Host` (RFC 9112, 3.2.2). `Expect` of HTTP/1.0 is
 * ignored (RFC 9110, 10.1.1).
 */
export function normalizeRequest(request: IncomingMessage): void {
  const { url = '/', headers } = request
  if (request.httpVersionMajor !== 1) return
  if (request.httpVersionMinor === 0) delete headers.expect
  if (url.charCodeAt(0) === slash) return
  const [, authority, rest = '/'] = absoluteForm.exec(url) ?? []
  // `Host` is still asked for, and only once (RFC 9112, 3.2).
  if (authority === undefined || headers.host === undefined) return
  request.url = rest.startsWith('/') ? rest : `/${rest}`
  headers.host = authority
}

const slash = 0x2f

/**
 * Whether a request opens a WebSocket (RFC 6455, 4.1). Any other protocol in `Upgrade` is ignored, as is the header in
 * HTTP/1.0 (RFC 9110, 7.8): the call goes on in the version that it came in.
 */
export const opensWebSocket = ({ headers, httpVersionMinor }: IncomingMessage): boolean =>
  httpVersionMinor > 0 && /(?:^|,)[ \t]*websocket[ \t]*(?:,|$)/i.test(headers.upgrade ?? '')
