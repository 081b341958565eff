import type { ErrorCode } from '../contract/error-codes.ts'
import { PosternError } from '../errors.ts'
import { OAuthError } from './oauth-error.ts'

/** What an endpoint found out for the caller, and for which credentials. */
export interface EndpointReply<T> {
  reply: T
  clientId: string
  credentialId: string
}

/** An HTTP answer, with what the activity of the portal tells about it. */
export interface EndpointAnswer {
  status: number
  headers: Record<string, string>
  body: object
  /** Null where it went well. */
  code: ErrorCode | null
  explanation: string | null
  /** A client id that there is, or null: never what else a request had in its place. */
  clientId: string | null
  credentialId: string | null
}

/** RFC 6749, 5.1. */
const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** Turns what an endpoint gives or throws into an answer (RFC 6749, 5.1 and 5.2). Other errors pass. */
export async function answerEndpoint(work: () => Promise<EndpointReply<object>>): Promise<EndpointAnswer> {
  try {
    const { reply, clientId, credentialId } = await work()
    const found = { code: null, explanation: null, clientId, credentialId }
    return { status: 200, headers: noStore, body: reply, ...found }
  } catch (error) {
    if (error instanceof OAuthError) return refuse(error)
    if (!(error instanceof PosternError)) throw error
    const away = refuse(new OAuthError('temporarily_unavailable', error.message))
    return { ...away, code: error.code }
  }
}

function refuse(error: OAuthError): EndpointAnswer {
  const headers: Record<string, string> = { ...noStore }
  // RFC 9110, 15.5.2: every 401 names a scheme.
  if (error.status === 401) headers['www-authenticate'] = 'Basic realm="postern", charset="UTF-8"'
  if (error.retryAfterSeconds !== undefined) headers['retry-after'] = String(error.retryAfterSeconds)
  return {
    status: error.status,
    headers,
    body: { error: error.error, error_description: toDescription(error.message) },
    code: error.code,
    explanation: error.message,
    clientId: error.clientId ?? null,
    credentialId: error.credentialId ?? null,
  }
}

/** RFC 6749, 5.2: printable ASCII without quotation marks and backslashes. */
const toDescription = (sentence: string) => sentence.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')
