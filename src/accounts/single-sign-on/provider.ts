import {
  AuthorizationResponseError,
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
} from 'openid-client'
import type { Clock } from '../../clock.ts'
import { PosternError } from '../../errors.ts'
import type { createGuardedFetch } from './guarded-fetch.ts'
import type { Provider } from './single-sign-on-store.ts'

const freshMs = 600_000
/** How long a provider that failed is not asked again, so that strangers cannot make Postern ask it at will. */
const failedMs = 10_000
const maxKept = 1000
const timeoutSeconds = 5

/** What a provider says of a user who has signed in there. */
export interface ProviderClaims {
  subject: string
  email: string | undefined
  /** As it was given: only `true` counts. */
  emailVerified: unknown
  name: string | undefined
  /** The values of the role claim. */
  roles: string[]
  /** Whether the ID token states a second factor in a way that the organization takes for one. */
  hasSecondFactor: boolean
}

/** The values of one sign-in that the browser and the provider are held to. */
export interface FlowSecrets {
  state: string
  nonce: string
  codeVerifier: string
}

interface Kept {
  until: number
  configuration: Promise<Configuration>
}

/** Creates the client of OpenID providers (OpenID Connect Core 1.0, authorization code with PKCE). */
export function createProviderClient(fetchGuarded: ReturnType<typeof createGuardedFetch>, clock: Clock) {
  const kept = new Map<string, Kept>()

  const configure = async (provider: Provider): Promise<Configuration> => {
    const { organizationId, updatedAt } = provider.settings
    const key = `${organizationId} ${updatedAt}`
    const known = kept.get(key)
    if (known !== undefined && known.until > clock.now()) return known.configuration
    if (kept.size >= maxKept) kept.delete(kept.keys().next().value as string)
    const entry: Kept = {
      until: clock.now() + freshMs,
      configuration: discover(provider, fetchGuarded as typeof fetch),
    }
    entry.configuration.catch(() => {
      entry.until = clock.now() + failedMs
    })
    kept.set(key, entry)
    return entry.configuration
  }

  return {
    /** Returns where to send the browser. Throws `single_sign_on_unavailable`. */
    async authorize(
      provider: Provider,
      { state, nonce, codeVerifier }: FlowSecrets,
      { redirectUri, email }: { redirectUri: string; email: string },
    ): Promise<string> {
      const configuration = await configure(provider)
      return buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        login_hint: email,
      }).href
    },

    /**
     * Returns the claims of the user after it has checked the response (`state`, and `iss` as in RFC 9207), exchanged its
     * code, and checked signature and claims of the ID token. Throws `single_sign_on_failed` or
     * `single_sign_on_unavailable`.
     */
    async complete(
      provider: Provider,
      { state, nonce, codeVerifier }: FlowSecrets,
      response: URL,
    ): Promise<ProviderClaims> {
      const configuration = await configure(provider)
      try {
        const tokens = await authorizationCodeGrant(configuration, response, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: codeVerifier,
          idTokenExpected: true,
        })
        const claims = tokens.claims() as Record<string, unknown> & { sub: string }
        const { roleClaim } = provider.settings
        const isComplete = 'email' in claims && (roleClaim === null || roleClaim in claims)
        const hasMore = configuration.serverMetadata().userinfo_endpoint !== undefined
        const more =
          isComplete || !hasMore ? {} : await fetchUserInfo(configuration, tokens.access_token, claims.sub)
        // The address and whether it is verified come from one document.
        const address = emailOf('email' in claims ? claims : more)
        return {
          ...toClaims({ ...more, ...claims, ...address }, roleClaim),
          // Only the ID token is of this sign-in (OpenID Connect Core 1.0, section 2; RFC 8176).
          hasSecondFactor: statesSecondFactor(claims, provider.settings.secondFactorValues),
        }
      } catch (error) {
        throw failed(error)
      }
    },
  }
}

export type ProviderClient = ReturnType<typeof createProviderClient>

async function discover(
  { settings: { issuer, clientId }, clientSecret }: Provider,
  fetch: typeof globalThis.fetch,
): Promise<Configuration> {
  const url = new URL(issuer)
  // Whether a URL without TLS is asked has been judged by the rules of `createGuardedFetch`.
  const plain = url.protocol === 'http:' ? [allowInsecureRequests] : []
  try {
    const found = await discovery(url, clientId, clientSecret, authenticateWith(clientSecret), {
      execute: [enableNonRepudiationChecks, ...plain],
      timeout: timeoutSeconds,
      [customFetch]: fetch as never,
    })
    const named = found.serverMetadata().issuer
    // Of some issuers the library accepts another name; one name has to stand for one issuer.
    if (named !== issuer && named !== url.href) throw new Error(`the issuer calls itself ${named}`)
    return found
  } catch (error) {
    throw new PosternError(
      'single_sign_on_unavailable',
      'The OpenID provider of your organization did not answer as it should. Try again in a minute. If the error persists, ask an admin of your organization to check the issuer.',
      { detail: describe(error) },
    )
  }
}

/** A provider that does not list its methods supports client_secret_basic (OpenID Connect Discovery 1.0, section 3). */
const authenticateWith =
  (clientSecret: string): ClientAuth =>
  (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const isPost = !methods.includes('client_secret_basic') && methods.includes('client_secret_post')
    const authenticate = isPost ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret)
    return authenticate(server, client, body, headers)
  }

const emailOf = ({ email, email_verified }: Record<string, unknown>) => ({ email, email_verified })

function statesSecondFactor({ amr, acr }: Record<string, unknown>, accepted: readonly string[]): boolean {
  const stated = [amr, acr].flat().filter((value) => typeof value === 'string')
  return stated.some((value) => accepted.includes(value))
}

function toClaims(
  claims: Record<string, unknown>,
  roleClaim: string | null,
): Omit<ProviderClaims, 'hasSecondFactor'> {
  const given = roleClaim === null ? undefined : claims[roleClaim]
  const subject = toLine(claims.sub, 255)
  if (subject === undefined) throw new Error('sub is not a text of 1 to 255 characters')
  return {
    subject,
    email: toLine(claims.email, 254),
    emailVerified: claims.email_verified,
    name: toLine(claims.name, 200),
    roles: [given].flat().filter((value) => typeof value === 'string'),
  }
}

/** Returns a text of one line without control characters; undefined for all else. */
const toLine = (value: unknown, most: number): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= most && !/\p{C}/u.test(value)
    ? value
    : undefined

/** Returns the error; the log gets its reason, and neither code nor token, which the errors of the library may hold. */
const failed = (error: unknown): PosternError =>
  new PosternError(
    'single_sign_on_failed',
    error instanceof AuthorizationResponseError
      ? 'Your OpenID provider did not sign you in. Start again, or ask your administrator there.'
      : 'The response of the OpenID provider could not be verified. Start again from the sign-in page.',
    { detail: error instanceof AuthorizationResponseError ? error.error : describe(error) },
  )

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { cause } = error
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message
}
