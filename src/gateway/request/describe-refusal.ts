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

/** Why a request is refused, and the headers that belong to it. */
export interface DescribedRefusal {
  code: ErrorCode
  explanation: string
  headers?: Record<string, string>
  /** Whether the certificate is the reason: the client is then told what it presented. */
  isAboutCertificate: boolean
}

/** A refusal as it goes to the client. */
export interface RefusalReply {
  status: number
  headers: Record<string, string>
  body: object
}

/**
 * A refusal in the form that the address of the request asks for: at an OAuth endpoint as RFC 6749, 5.2 has it, with
 * code, sentence and trace id as further members; at every other as problem details (RFC 9457).
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
