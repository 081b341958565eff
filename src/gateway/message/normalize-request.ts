import type { IncomingMessage } from 'node:http'

const absoluteForm = /^https:\/\/([^/?#@]+)([/?].*)?$/i

/**
 * Normalizes the head of a request for everything that reads it later. An absolute-form target becomes origin
 * form, and its host replaces the header `Host` (RFC 9112, section 3.2.2). `Expect` in HTTP/1.0 is ignored
 * (RFC 9110, section 10.1.1).
 */
export function normalizeRequest(request: IncomingMessage): void {
  const { url = '/', headers } = request
  if (request.httpVersionMajor !== 1) return
  if (request.httpVersionMinor === 0) delete headers.expect
  if (url.charCodeAt(0) === slash) return
  const [, authority, rest = '/'] = absoluteForm.exec(url) ?? []
  // `Host` is still required exactly once (RFC 9112, section 3.2).
  if (authority === undefined || headers.host === undefined) return
  request.url = rest.startsWith('/') ? rest : `/${rest}`
  headers.host = authority
}

const slash = 0x2f

/**
 * Returns whether a request opens a WebSocket (RFC 6455, section 4.1). Any other protocol in `Upgrade` is
 * ignored, as is the header in HTTP/1.0 (RFC 9110, section 7.8): the request continues in its own version.
 */
export const opensWebSocket = ({ headers, httpVersionMinor }: IncomingMessage): boolean =>
  httpVersionMinor > 0 && /(?:^|,)[ \t]*websocket[ \t]*(?:,|$)/i.test(headers.upgrade ?? '')
