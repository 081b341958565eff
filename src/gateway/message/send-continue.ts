import type { Exchange } from '../request-context/exchange.ts'

/** Asks for the body that a client withholds (RFC 9110, section 10.1.1), if its request says so. */
export function sendContinue({ request, response }: Pick<Exchange, 'request' | 'response'>): void {
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue()
}
