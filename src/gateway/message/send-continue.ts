import type { RequestContext } from '../request-context/request-context.ts'

/** Asks for the body that a client withholds (RFC 9110, section 10.1.1), if its request says so. */
export function sendContinue({ request, response }: Pick<RequestContext, 'request' | 'response'>): void {
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue()
}
