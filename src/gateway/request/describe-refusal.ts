import type { ErrorCode } from '../../contract/error-codes.ts'
import type { TokenParts } from '../access/token-parts.ts'
import { presentedFacts } from '../decision/presented.ts'
import { findEndpoint } from '../environment/own-addresses.ts'
import { problemOf } from '../message/problem.ts'
import type { Exchange } from '../request-context/exchange.ts'

/** What words a denial at an OAuth endpoint. */
export interface DenialParts {
  tokens: Pick<TokenParts, 'refuse'>
}

/** Why a request is denied, and the headers of that response. */
export interface DescribedRefusal {
  code: ErrorCode
  explanation: string
  headers?: Record<string, string>
  /** Whether the certificate is the reason: the client is then told what it presented. */
  isAboutCertificate: boolean
}

/** A denial as it is sent to the client. */
export interface RefusalReply {
  status: number
  headers: Record<string, string>
  body: object
}

/**
 * Formats a denial for the path of the request: at an OAuth endpoint by RFC 6749, section 5.2, with code,
 * detail and trace ID as further members; at every other as problem details (RFC 9457).
 */
export function describeRefusal(
  { tokens }: DenialParts,
  { environment, path, traceId, connection }: Exchange,
  { code, explanation, headers = {}, isAboutCertificate }: DescribedRefusal,
): RefusalReply {
  const facts = isAboutCertificate ? presentedFacts(connection.presented) : undefined
  const presented = facts && { presented: facts }
  if (findEndpoint(path) === undefined) {
    const problem = problemOf(code, explanation, traceId)
    return {
      status: problem.status,
      headers: { 'content-type': 'application/problem+json', ...headers },
      body: { ...problem, ...presented },
    }
  }
  const refused = tokens.refuse({ code, message: explanation }, environment.profile)
  return {
    status: refused.status,
    headers: { ...refused.headers, ...headers },
    body: { ...refused.body, code, detail: explanation, traceId, ...presented },
  }
}
