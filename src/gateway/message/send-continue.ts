import type { Exchange } from '../request-context/exchange.ts'

/** Asks for the body that a client holds back (RFC 9110, 10.1.1), where it says that it does. */
export function sendContinue({ request, response }: Pick<Exchange, 'request' | 'response'>): void {
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue()
}
