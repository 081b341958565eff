import { decodeBase64url } from '../decode-base64.ts'
import type { TokenClaims } from '../shapes/active-token.ts'
import { signJwt } from './sign-jwt.ts'
import type { SigningKey } from './signing-keys.ts'
import { isSignedBy } from './verify-signature.ts'

const accessTokenType = 'at+jwt'
const maxTokenCharacters = 4096
/** Signs an access token as a JWT (RFC 7515). */
export const signAccessToken = (
  key: SigningKey,
  claims: Omit<TokenClaims, 'scope'> & { scope?: string },
): Promise<string> => signJwt(key, accessTokenType, claims)

/**
 * Returns the claims of a token that a key found by `findKey` has signed; undefined for any other text,
 * including other spellings of the same octets. It does not check expiry, revocation or binding.
 */
export async function readAccessToken(
  token: string,
  findKey: (kid: string) => SigningKey | undefined,
): Promise<{ claims: TokenClaims; keyId: string } | undefined> {
  const [header = '', payload = '', signature = '', ...rest] = token.split('.')
  if (token.length > maxTokenCharacters || rest.length > 0) return undefined
  const signatureOctets = decodeBase64url(signature)
  if (signatureOctets === undefined) return undefined
  const { typ, alg, kid, crit } = parseObject(header)
  const key = typeof kid === 'string' ? findKey(kid) : undefined
  // RFC 9068, section 4: the type keeps other JWTs of the same issuer from being accepted as access tokens.
  if (key === undefined || typ !== accessTokenType || alg !== key.algorithm || crit !== undefined)
    return undefined
  const claims = { scope: '', ...parseObject(payload) }
  const isGenuine = await isSignedBy(key, `${header}.${payload}`, signatureOctets)
  return isGenuine && isClaims(claims) ? { claims, keyId: key.id } : undefined
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(decodeBase64url(text)?.toString('utf8') ?? '')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const textClaims = ['iss', 'aud', 'sub', 'client_id', 'jti', 'scope'] as const

function isClaims(claims: object): claims is TokenClaims {
  const { iat, exp, cnf, ...texts } = claims as Partial<TokenClaims>
  return (
    textClaims.every((name) => typeof texts[name] === 'string') &&
    Number.isSafeInteger(iat) &&
    Number.isSafeInteger(exp) &&
    (cnf === undefined || typeof cnf?.['x5t#S256'] === 'string')
  )
}
