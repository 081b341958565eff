import { decodeBase64 } from '../decode-base64.ts'
import { OAuthError } from './oauth-error.ts'
import { type ClientAssertion, readClientAssertion } from './read-client-assertion.ts'

const maxIdCharacters = 200
const maxSecretCharacters = 1000
/** VSCHAR (RFC 6749, appendix A). */
const visible = /^[\x20-\x7e]+$/

/** RFC 7523, section 2.2. */
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * How a client authenticates; without secret and assertion its certificate has to prove its identity
 * (`tls_client_auth`).
 */
export interface ClientAuthentication {
  clientId: string
  secret: string | undefined
  assertion: ClientAssertion | undefined
}

/** Where a client may send its credentials. */
export interface AuthenticationSources {
  /** The Authorization header. */
  authorization: string | undefined
  /** The header `x-api-key`. */
  apiKey: string | undefined
  /** The client id in the path of the request. */
  pathClientId: string | undefined
  parameters: ReadonlyMap<string, string>
}

/**
 * Reads the client's credentials: `client_secret_basic` or `client_secret_post` (RFC 6749, section 2.3.1),
 * `private_key_jwt` (RFC 7523, section 2.2), `tls_client_auth` (RFC 8705, section 2.1), or the client ID in
 * the path with the secret in `x-api-key`. Throws `invalid_request` for more than one method in a request
 * (RFC 6749, section 2.3), and for an impossible client ID or secret: characters other than VSCHAR, or too
 * many.
 */
export function readClientAuthentication(sources: AuthenticationSources): ClientAuthentication {
  const { authorization, apiKey, pathClientId, parameters } = sources
  const postSecret = parameters.get('client_secret')
  const assertionText = parameters.get('client_assertion')
  if ([authorization, apiKey, postSecret, assertionText].filter((given) => given !== undefined).length > 1) {
    throw new OAuthError(
      'invalid_request',
      'The client authenticates in more than one way. Send one of them: the secret in the Authorization header, in the body or in x-api-key, or an assertion.',
    )
  }
  const assertion = readAssertion(assertionText, parameters.get('client_assertion_type'))
  const basic = authorization === undefined ? undefined : readBasic(authorization)
  const subject = assertion?.claims.sub
  const stated = typeof subject === 'string' ? subject : undefined
  const named = [basic?.clientId, pathClientId, parameters.get('client_id'), stated].filter(
    (id) => id !== undefined,
  )
  const [clientId] = named
  if (clientId === undefined)
    throw new OAuthError(
      'invalid_client',
      'The request does not say which client it is from. Send the client ID, with the client secret or an assertion where the client has one.',
    )
  if (named.some((id) => id !== clientId))
    throw new OAuthError('invalid_request', 'The request names two different client IDs.')
  const secret = basic?.secret ?? apiKey ?? postSecret
  assertVisible('client ID', clientId, maxIdCharacters)
  if (secret !== undefined) assertVisible('client secret', secret, maxSecretCharacters)
  return { clientId, secret, assertion }
}

function readAssertion(text: string | undefined, type: string | undefined): ClientAssertion | undefined {
  if (text === undefined && type === undefined) return undefined
  if (text === undefined || type !== assertionType)
    throw new OAuthError(
      'invalid_request',
      `client_assertion and client_assertion_type go together, and the latter is ${assertionType}.`,
    )
  const assertion = readClientAssertion(text)
  if (assertion !== undefined) return assertion
  throw new OAuthError(
    'invalid_client',
    'The client assertion is not a signed JWT in compact form: three parts in base64url with dots between, the first two JSON objects.',
  )
}

function assertVisible(what: string, text: string, most: number): void {
  if (text.length <= most && visible.test(text)) return
  throw new OAuthError(
    'invalid_request',
    `A ${what} has 1 to ${most} characters of printable ASCII. Copy it again from the API credentials.`,
  )
}

function readBasic(authorization: string): { clientId: string; secret: string } {
  const [, encoded = ''] = /^basic +([a-z0-9+/]+={0,2})$/i.exec(authorization) ?? []
  const text = decodeBase64(encoded)?.toString('utf8') ?? ''
  const colon = text.indexOf(':')
  const clientId = decodeForm(text.slice(0, Math.max(colon, 0)))
  const secret = decodeForm(text.slice(colon + 1))
  if (colon < 1 || clientId === undefined || secret === undefined || secret === '')
    throw new OAuthError(
      'invalid_client',
      'The Authorization header does not hold Basic credentials: the client ID and the client secret, form-encoded, with a colon between, in base64 with its padding.',
    )
  return { clientId, secret }
}

/**
 * Decodes one half of Basic credentials (RFC 6749, section 2.3.1): both are form-encoded before they are
 * joined.
 */
function decodeForm(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
