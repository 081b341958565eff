import type { EndpointAnswer } from '../../shapes/endpoint-answer.ts'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import { getProblem } from './problem.ts'

/**
 * Returns the body of an OAuth endpoint's answer. An error has the members of RFC 6749, section 5.2, for OAuth
 * libraries, and beside them those of problem details (RFC 9457), which are the same at every address. The page about
 * the code is `type` and `error_uri`.
 */
export function toOAuthProblem(
  environment: Pick<GatewayEnvironment, 'portalUrl'>,
  { status, body, code, explanation }: Pick<EndpointAnswer, 'status' | 'body' | 'code' | 'explanation'>,
  traceId: string,
): object {
  if (code === null) return body
  const problem = getProblem(environment, code, { detail: explanation ?? '', traceId })
  return { ...body, error_uri: problem.type, ...problem, status }
}
