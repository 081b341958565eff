import { toErrorDescription } from '../contract/error-description.ts'
import { PosternError } from '../errors.ts'
import type { TokenIssuer } from '../shapes/client.ts'
import type { EndpointAnswer } from '../shapes/endpoint-answer.ts'
import { OAuthError, toOAuthError } from './oauth-error.ts'

/** What an endpoint found out for the caller, and for which credentials. */
export interface EndpointReply<T> {
  reply: T
  clientId: string
  credentialId: string
}

/** RFC 6749, 5.1. */
const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** Turns what an endpoint gives or throws into an answer (RFC 6749, 5.1 and 5.2). Other errors pass. */
export async function answerEndpoint(
  { profile }: Pick<TokenIssuer, 'profile'>,
  work: () => Promise<EndpointReply<object>>,
): Promise<EndpointAnswer> {
  try {
    const { reply, clientId, credentialId } = await work()
    const found = { code: null, explanation: null, clientId, credentialId }
    return { status: 200, headers: noStore, body: reply, ...found }
  } catch (error) {
    if (error instanceof PosternError) return refuseEndpoint(error, profile)
    throw error
  }
}

/** RFC 9110, 15.5.2: every 401 names a scheme. Where no secret is accepted that cannot be Basic: no scheme stands for the other methods, so it is the name of one of them. */
const challenges: Record<TokenIssuer['profile'], string> = {
  oauth2: 'Basic realm="postern", charset="UTF-8"',
  fapi2: 'private_key_jwt realm="postern"',
}

/** A refusal at an OAuth endpoint. What is thrown there as another error is said in the words of RFC 6749. */
export function refuseEndpoint(
  thrown: Pick<PosternError, 'code' | 'message'>,
  profile: TokenIssuer['profile'],
): EndpointAnswer {
  const error = thrown instanceof OAuthError ? thrown : toOAuthError(thrown)
  const headers: Record<string, string> = { ...noStore }
  const description = toErrorDescription(error.message)
  // Libraries that read the challenge first show their user nothing of the body (RFC 9110, 11.6.1 allows parameters).
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
