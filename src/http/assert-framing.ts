import type { IncomingMessage } from 'node:http'
import { PosternError } from '../errors.ts'

/**
 * RFC 9110, section 7.2, and RFC 3986, section 3.2: a name, an IPv4 address or an IPv6 address in brackets,
 * and optionally a port.
 */
const hostValue = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]*)(?::[0-9]{0,5})?$/

/**
 * Checks the framing rules of a request head that Node leaves to the application. Throws `bad_request` for no
 * Host or several (RFC 9112, section 3.2) and for a transfer coding in HTTP/1.0 (section 6.1), and
 * `transfer_coding_unknown` for one that is not chunked.
 */
export function assertFraming({ httpVersionMinor, headers, rawHeaders }: IncomingMessage): void {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
  if (hosts.length > 1)
    throw new PosternError(
      'bad_request',
      'The header Host is sent more than once. Send it once (RFC 9112, 3.2).',
    )
  if (headers.host === undefined && httpVersionMinor > 0)
    throw new PosternError('bad_request', 'The header Host is missing. Send it: RFC 9112 wants one.')
  if (headers.host !== undefined && !hostValue.test(headers.host))
    throw new PosternError(
      'bad_request',
      'The header Host holds no host. Send a name or address, and its port.',
    )
  const coding = headers['transfer-encoding']
  if (coding === undefined) return
  if (httpVersionMinor === 0)
    throw new PosternError(
      'bad_request',
      'HTTP/1.0 has no Transfer-Encoding (RFC 9112, 6.1). Send Content-Length, or HTTP/1.1.',
    )
  if (coding.trim().toLowerCase() !== 'chunked')
    throw new PosternError(
      'transfer_coding_unknown',
      'Postern knows no transfer coding but chunked. Send the body in chunks alone, or with its length.',
    )
}
