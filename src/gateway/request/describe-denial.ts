import type { DenialCode } from '../../contract/denial-codes.ts'
import type { TokenDependencies } from '../access/token-dependencies.ts'
import { getPresentedDetails } from '../decision/presented-certificate.ts'
import { findEndpoint } from '../environment/own-addresses.ts'
import { toOAuthProblem } from '../message/oauth-problem.ts'
import { getProblem } from '../message/problem.ts'
import type { RequestContext } from '../request-context/request-context.ts'

/** What words a denial at an OAuth endpoint. */
export interface DenialDependencies {
  tokens: Pick<TokenDependencies, 'refuse'>
}

/** Why a request is denied, and the headers of that response. */
export interface DescribedDenial {
  code: DenialCode
  explanation: string
  headers?: Record<string, string>
  /** Whether the certificate is the reason: the client is then told what it presented. */
  isAboutCertificate: boolean
}

/** A denial as it is sent to the client. */
export interface DenialReply {
  status: number
  headers: Record<string, string>
  body: object
}

/**
 * Formats a denial for the path of the request: at an OAuth endpoint by RFC 6749, section 5.2, with the members of a
 * problem as further ones; at every other as problem details (RFC 9457).
 */
export function describeDenial(
  { tokens }: DenialDependencies,
  { environment, path, traceId, connection }: RequestContext,
  { code, explanation, headers = {}, isAboutCertificate }: DescribedDenial,
): DenialReply {
  const details = isAboutCertificate ? getPresentedDetails(connection.presented) : undefined
  const presented = details && { presented: details }
  if (findEndpoint(path) === undefined) {
    const problem = getProblem(environment, code, { detail: explanation, traceId })
    return {
      status: problem.status,
      headers: { 'content-type': 'application/problem+json', ...headers },
      body: { ...problem, ...presented },
    }
  }
  const refused = tokens.refuse({ code, message: explanation }, { profile: environment.profile, traceId })
  return {
    status: refused.status,
    headers: { ...refused.headers, ...headers },
    body: { ...toOAuthProblem(environment, refused, traceId), ...presented },
  }
}
