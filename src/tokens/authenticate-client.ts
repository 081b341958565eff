import { isIP, SocketAddress } from 'node:net'
import { type Caller, type Client, mayBeUsedWith } from './client.ts'
import { isInNetworks } from './match-network.ts'
import { OAuthError } from './oauth-error.ts'
import { isSameName, parseDistinguishedName } from './parse-distinguished-name.ts'
import type { ClientAuthentication } from './read-client-authentication.ts'
import type { SlowDown } from './slow-down.ts'
import { isClientSecret } from './verify-client-secret.ts'

/** What authentication asks. */
export interface AuthenticateParts {
  findClient(clientId: string): Client | undefined
  /** Learns of what has been created by now. */
  catchUp(): Promise<void>
  slowDown: SlowDown
}

/** From where a request comes, in which environment and when (milliseconds since 1970). */
export interface Origin {
  caller: Caller
  clientAddress: string
  environment: string
  now: number
}

/**
 * The client that a request is from. Throws `invalid_client`, with the same words for an unknown
 * client and a wrong secret, and `slow_down` after many failures. Why right credentials may not be
 * used here is told: whoever has the secret may know.
 */
export async function authenticateClient(
  { findClient, catchUp, slowDown }: AuthenticateParts,
  { clientId, secret }: ClientAuthentication,
  { caller, clientAddress, environment, now }: Origin,
): Promise<Client> {
  // What is recorded of a failure: an id that does not exist may be a secret in the wrong place.
  const findKnownId = () => findClient(clientId)?.clientId
  const wait = slowDown.secondsLeft(clientId, clientAddress, now)
  if (wait > 0) {
    throw new OAuthError(
      'slow_down',
      `Too many failed attempts. Wait ${wait} seconds and check the secret.`,
      { clientId: findKnownId(), retryAfterSeconds: wait },
    )
  }
  const findProven = () => {
    const found = findClient(clientId)
    const proven = secret === undefined ? isOwnCertificate(found, caller) : isClientSecret(found, secret, now)
    return proven ? found : undefined
  }
  let client = findProven()
  if (client === undefined) {
    // Counted before anything is waited for: many attempts at once are many attempts.
    slowDown.fail(clientId, clientAddress, now)
    // The credentials or their secret may have been created a moment ago.
    await catchUp()
    client = findProven()
  }
  if (client === undefined) {
    throw new OAuthError(
      'invalid_client',
      secret === undefined
        ? 'No client secret was sent, and these credentials are not recognised by the certificate. Send the client secret.'
        : 'The client id or the client secret is not right. Copy both again from the API credentials of this environment.',
      { clientId: findKnownId() },
    )
  }
  slowDown.succeed(clientId, clientAddress)
  assertMayBeUsed(client, { caller, clientAddress, environment, now })
  return client
}

/** Which of the certificate's names each kind looks at (RFC 8705, 2.1.2). */
const nameTypes: Record<string, string> = {
  san_dns: 'dns',
  san_uri: 'uri',
  san_ip: 'ip',
  san_email: 'email',
}

/** RFC 8705, 2.1.2: exactly one value of the certificate says who the client is. */
function isOwnCertificate(client: Client | undefined, { organizationId, certificate }: Caller): boolean {
  if (!client?.tlsClientAuth || client.organizationId !== organizationId || !certificate) return false
  const { kind, value } = client.tlsClientAuth
  if (kind === 'subject_dn') {
    const expected = parseDistinguishedName(value)
    return expected !== undefined && isSameName(expected, certificate.subject)
  }
  const type = nameTypes[kind]
  const fold = (name: string) => (type === undefined ? name : foldName(type, name))
  return certificate.subjectAltNames.some((name) => name.type === type && fold(name.value) === fold(value))
}

/** Host names, and those of mail, count without regard to case (RFC 4343; RFC 5280, 7.5); an address in one notation. */
function foldName(type: string, value: string): string {
  if (type === 'dns') return value.toLowerCase()
  if (type === 'email') return value.replace(/@[^@]*$/, (host) => host.toLowerCase())
  if (type !== 'ip') return value
  const family = isIP(value)
  return family === 0
    ? value
    : new SocketAddress({ address: value, family: `ipv${family}` as 'ipv4' }).address
}

function assertMayBeUsed(client: Client, { caller, clientAddress, environment }: Origin): void {
  const refuse = (sentence: string) =>
    new OAuthError('invalid_client', sentence, { clientId: client.clientId })
  if (client.environment !== environment)
    throw refuse(
      'These API credentials belong to another environment. Use those of the environment that you call.',
    )
  if (client.organizationId !== caller.organizationId)
    throw refuse('These API credentials belong to another organization than the client certificate.')
  const { certificate } = caller
  if (!mayBeUsedWith(client, certificate)) {
    throw refuse(
      `These API credentials may not be used ${certificate === undefined ? 'without a certificate' : `with the certificate ${certificate.name}`}. Use one that they are limited to.`,
    )
  }
  if (!isInNetworks(client.networks, clientAddress))
    throw refuse(`These API credentials may not be used from the address ${clientAddress}.`)
}
