import { formatCount } from '../contract/format-count.ts'
import { isPlaceholder } from '../contract/placeholders.ts'
import { type Client, mayBeUsedWith, type TokenIssuer } from '../shapes/client.ts'
import type { Peer } from '../shapes/peer.ts'
import { findAssertionProblem } from './check-client-assertion.ts'
import { isOwnCertificate } from './is-own-certificate.ts'
import { isInNetworks } from './match-network.ts'
import { OAuthError } from './oauth-error.ts'
import type { ClientAssertion } from './read-client-assertion.ts'
import type { ClientAuthentication } from './read-client-authentication.ts'
import type { SlowDown } from './slow-down.ts'
import type { UsedAssertion } from './used-assertions.ts'
import { isAssertionSigned } from './verify-client-assertion.ts'
import { isClientSecret } from './verify-client-secret.ts'

/** The dependencies of client authentication. */
export interface AuthenticateDependencies {
  findClient(clientId: string): Client | undefined
  /** Reads the changes up to now. */
  catchUp(): Promise<void>
  slowDown: SlowDown
  /** Records that an assertion has been used, here and at every reachable gateway. */
  spendAssertion(assertion: UsedAssertion, now: number): Promise<'new' | 'used' | 'full'>
}

/** Source address, issuer and time (milliseconds since 1970) of a request. */
export interface Origin {
  peer: Peer
  clientAddress: string
  issuer: Pick<TokenIssuer, 'environment' | 'url' | 'profile'>
  now: number
}

/**
 * Returns the authenticated client of a request. Throws `invalid_client`, with the same words for an unknown
 * client and a wrong secret or signature, `temporarily_unavailable` with 429 after many failures, and
 * `client_id_placeholder` or `client_secret_placeholder` for a value that was never inserted. Only a client
 * that has proven its credentials learns why they may not be used here.
 */
export async function authenticateClient(
  { findClient, catchUp, slowDown, spendAssertion }: AuthenticateDependencies,
  given: ClientAuthentication,
  { peer, clientAddress, issuer, now }: Origin,
): Promise<Client> {
  const { clientId, secret, assertion } = given
  // The client ID to record for a failure: an unknown one may be a misplaced secret.
  const findKnownId = () => findClient(clientId)?.clientId
  const refuse = (sentence: string) => new OAuthError('invalid_client', sentence, { clientId: findKnownId() })
  if (secret !== undefined && issuer.profile === 'fapi2') throw refuse(noSecrets)
  assertNoPlaceholder(given, findKnownId)
  const wait = slowDown.secondsLeft(clientId, clientAddress, now)
  if (wait > 0) {
    throw new OAuthError(
      // RFC 6749 has no error for it; `slow_down` belongs to another grant (RFC 8628, section 3.5).
      'temporarily_unavailable',
      `Too many failed attempts. Wait ${formatCount(wait, 'second')}, then check the ${assertion === undefined ? 'client secret' : 'key and the client ID'}.`,
      { clientId: findKnownId(), retryAfterSeconds: wait, code: 'too_many_requests' },
    )
  }
  const problem = assertion && findAssertionProblem(assertion, issuer, now)
  if (problem !== undefined) throw refuse(problem)
  const findProven = async () => {
    const found = findClient(clientId)
    return (await isProven(found, given, peer, now)) ? found : undefined
  }
  let client = await findProven()
  if (client === undefined) {
    // Counted before any await: concurrent attempts are all counted.
    slowDown.fail(clientId, clientAddress, now)
    // The credentials or their secret may be very new.
    await catchUp()
    client = await findProven()
  }
  if (client === undefined) throw refuse(unproven(given, issuer.profile))
  slowDown.succeed(clientId, clientAddress)
  assertMayBeUsed(client, { peer, clientAddress, environment: issuer.environment })
  if (assertion !== undefined) assertNew(await spendAssertion(toUse(client, assertion), now), client)
  return client
}

/**
 * Throws for a value that was never inserted. No client has these values, so the attempt is no guess and is not
 * counted as one.
 */
function assertNoPlaceholder(
  { clientId, secret }: ClientAuthentication,
  findKnownId: () => string | undefined,
): void {
  if (isPlaceholder('clientId', clientId))
    throw new OAuthError(
      'invalid_client',
      'The client ID is still the placeholder of the command. Replace it with the client ID of your API credentials.',
      { code: 'client_id_placeholder' },
    )
  if (secret !== undefined && isPlaceholder('clientSecret', secret))
    throw new OAuthError(
      'invalid_client',
      'The client secret is still the placeholder of the command. Replace it with the client secret of these API credentials. If the secret is lost, rotate it in the portal.',
      { code: 'client_secret_placeholder', clientId: findKnownId() },
    )
}

const noSecrets =
  'This environment follows FAPI 2.0, and no client secret is accepted here. Use API credentials with public keys (private_key_jwt) or with a value of the client certificate (tls_client_auth).'

const unproven = ({ secret, assertion }: ClientAuthentication, profile: TokenIssuer['profile']): string => {
  if (assertion !== undefined)
    return 'The client assertion is not signed by a key of this client. Check the client ID, the kid and the private key, and the public keys of the API credentials of this environment.'
  if (profile === 'fapi2')
    return 'No client assertion was sent, and these credentials are not recognized by the certificate. Send an assertion (private_key_jwt), or use the certificate that the credentials name.'
  return secret === undefined
    ? 'No client secret was sent, and these credentials are not recognized by the certificate. Send the client secret.'
    : 'Invalid client ID or client secret. Check both against the API credentials of this environment.'
}

function isProven(
  client: Client | undefined,
  { secret, assertion }: ClientAuthentication,
  peer: Peer,
  now: number,
): boolean | Promise<boolean> {
  if (assertion !== undefined) return isAssertionSigned(client, assertion)
  return secret === undefined ? isOwnCertificate(client, peer) : isClientSecret(client, secret, now)
}

const toUse = ({ credentialId }: Client, { claims }: ClientAssertion): UsedAssertion => ({
  credentialId,
  tokenId: String(claims.jti),
  expiresAt: Math.ceil(Number(claims.exp) * 1000),
})

function assertNew(use: 'new' | 'used' | 'full', { clientId }: Client): void {
  if (use === 'used')
    throw new OAuthError(
      'invalid_client',
      'A client assertion with this jti has been used already. Create a new one for each request.',
      { clientId },
    )
  if (use === 'full')
    throw new OAuthError(
      'temporarily_unavailable',
      'Too many assertions of this client have not expired yet. Let them expire earlier, and use an access token until it expires.',
      { clientId, retryAfterSeconds: 60, code: 'too_many_requests' },
    )
}

function assertMayBeUsed(
  client: Client,
  { peer, clientAddress, environment }: Pick<Origin, 'peer' | 'clientAddress'> & { environment: string },
): void {
  const refuse = (sentence: string) =>
    new OAuthError('invalid_client', sentence, { clientId: client.clientId })
  if (client.environment !== environment)
    throw refuse(
      'These API credentials belong to another environment. Use those of the environment that you call.',
    )
  if (client.organizationId !== peer.organizationId)
    throw refuse('These API credentials and the client certificate belong to different organizations.')
  const { certificate } = peer
  if (!mayBeUsedWith(client, certificate)) {
    throw refuse(
      `These API credentials cannot be used ${certificate === undefined ? 'without a certificate' : `with the certificate ${certificate.name}`}. Use one of their allowed certificates.`,
    )
  }
  if (!isInNetworks(client.networks, clientAddress))
    throw refuse(`These API credentials cannot be used from ${clientAddress}. Call from an allowed network.`)
}
