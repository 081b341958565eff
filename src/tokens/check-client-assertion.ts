import { clientAlgorithms } from '../contract/client-key.ts'
import type { TokenIssuer } from '../shapes/client.ts'
import type { ClientAssertion } from './read-client-assertion.ts'

/** An assertion is remembered until it expires, so its lifetime must be limited. */
const maxSeconds = 3600
/** FAPI 2.0, section 5.3.2.1: up to 10 seconds must be accepted, and more than 60 rejected. */
const maxSkewSeconds = 30
const maxIdCharacters = 256

/**
 * RFC 7519, section 5.1, and RFC 8725, section 3.11: other JWTs signed with the key of a client are not
 * accepted as assertions.
 */
const acceptedTypes = ['jwt', 'client-authentication+jwt']

/**
 * Returns a sentence about why an assertion cannot authenticate any client here, whoever signed it; undefined
 * if it can (RFC 7523, section 3). `now` is in milliseconds since 1970.
 */
export const findAssertionProblem = (
  { header, claims }: ClientAssertion,
  issuer: Pick<TokenIssuer, 'url' | 'profile'>,
  now: number,
): string | undefined =>
  findHeaderProblem(header) ??
  findIdentityProblem(claims) ??
  findAudienceProblem(claims.aud, issuer) ??
  findTimeProblem(claims, now / 1000)

function findHeaderProblem({ alg, typ, crit }: ClientAssertion['header']): string | undefined {
  if (!(clientAlgorithms as readonly unknown[]).includes(alg))
    return 'The client assertion is signed with another algorithm than ES256, PS256 or EdDSA. Sign it with one of them.'
  if (crit !== undefined)
    return 'The header of the client assertion has crit, which is not supported. Leave it out.'
  const isKnownType =
    typ === undefined || (typeof typ === 'string' && acceptedTypes.includes(typ.toLowerCase()))
  return isKnownType
    ? undefined
    : 'The client assertion has another typ than JWT. Leave it out, or write JWT.'
}

function findIdentityProblem({ iss, sub, jti }: ClientAssertion['claims']): string | undefined {
  if (typeof sub !== 'string' || sub === '' || iss !== sub)
    return 'The claims iss and sub of the client assertion must both be the client ID.'
  if (typeof jti !== 'string' || jti === '' || jti.length > maxIdCharacters)
    return `The client assertion needs a jti of 1 to ${maxIdCharacters} characters, another one each time.`
  return undefined
}

/**
 * Returns a sentence about an invalid audience. RFC 7523, section 3, also allows the token endpoint to
 * identify the authorization server, and RFC 7519, section 4.1.3, a list; FAPI 2.0, section 5.3.2.1, accepts
 * only the issuer, as a string, so that no other server can have requested the assertion.
 */
function findAudienceProblem(
  aud: unknown,
  { url, profile }: Pick<TokenIssuer, 'url' | 'profile'>,
): string | undefined {
  if (profile === 'fapi2')
    return aud === url
      ? undefined
      : `The claim aud of the client assertion must be the issuer ${url}, as a string and nothing else (FAPI 2.0, 5.3.2.1).`
  const audiences = Array.isArray(aud) ? aud : [aud]
  return audiences.includes(url) || audiences.includes(`${url}/token`)
    ? undefined
    : `The claim aud of the client assertion must be the issuer ${url}.`
}

function findTimeProblem({ exp, nbf, iat }: ClientAssertion['claims'], now: number): string | undefined {
  if (typeof exp !== 'number') return 'The client assertion needs the claim exp, in seconds since 1970.'
  const clocks = `The clock of the gateway says ${new Date(now * 1000).toISOString()}: compare that of the client with it.`
  if (exp <= now) return `The client assertion has expired. Create a new one for each request. ${clocks}`
  if (exp > now + maxSeconds + maxSkewSeconds)
    return `The client assertion expires more than ${maxSeconds} seconds from now. Let it expire earlier: it is used once. ${clocks}`
  const isEarly = [nbf, iat].some(
    (moment) => moment !== undefined && !(typeof moment === 'number' && moment <= now + maxSkewSeconds),
  )
  return isEarly ? `The client assertion has an nbf or iat in the future. ${clocks}` : undefined
}
