import { describeForLibraries } from '../contract/error-description.ts'
import { PosternError } from '../errors.ts'
import type { TokenIssuer } from '../shapes/client.ts'
import type { EndpointAnswer } from '../shapes/endpoint-answer.ts'
import type { TokenRequest } from '../shapes/token-request.ts'
import { OAuthError, toOAuthError } from './oauth-error.ts'

/** The result of an endpoint, and the credentials that it belongs to. */
export interface EndpointReply<T> {
  reply: T
  clientId: string
  credentialId: string
}

/** RFC 6749, section 5.1. */
const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' }

/**
 * Converts the result or the error of an endpoint to a response (RFC 6749, sections 5.1 and 5.2). Other
 * errors are thrown again.
 */
export async function answerEndpoint(
  { issuer: { profile }, traceId }: Pick<TokenRequest, 'issuer' | 'traceId'>,
  work: () => Promise<EndpointReply<object>>,
): Promise<EndpointAnswer> {
  try {
    const { reply, clientId, credentialId } = await work()
    const found = { code: null, explanation: null, clientId, credentialId }
    return { status: 200, headers: noStore, body: reply, ...found }
  } catch (error) {
    if (error instanceof PosternError) return rejectEndpoint(error, { profile, traceId })
    throw error
  }
}

/**
 * RFC 9110, section 15.5.2: every 401 names a scheme. Basic would be wrong if no secret is accepted; the
 * other methods have no scheme, so the name of one of them is used.
 */
const challenges: Record<TokenIssuer['profile'], string> = {
  oauth2: 'Basic realm="postern", charset="UTF-8"',
  fapi2: 'private_key_jwt realm="postern"',
}

/** Returns an error response of an OAuth endpoint. Any other error is converted to the codes of RFC 6749. */
export function rejectEndpoint(
  thrown: Pick<PosternError, 'code' | 'message'>,
  { profile, traceId }: { profile: TokenIssuer['profile']; traceId: string },
): EndpointAnswer {
  const error = thrown instanceof OAuthError ? thrown : toOAuthError(thrown)
  const headers: Record<string, string> = { ...noStore }
  const description = describeForLibraries(error.message, { code: error.code, traceId })
  // Libraries that read the challenge first show nothing of the body (RFC 9110, section 11.6.1, allows
  // parameters).
  if (error.status === 401)
    headers['www-authenticate'] =
      `${challenges[profile]}, error="${error.error}", error_description="${description}"`
  if (error.retryAfterSeconds !== undefined) headers['retry-after'] = String(error.retryAfterSeconds)
  return {
    status: error.status,
    headers,
    body: { error: error.error, error_description: description },
    code: error.code,
    explanation: error.message,
    clientId: error.clientId ?? null,
    credentialId: error.credentialId ?? null,
  }
}
