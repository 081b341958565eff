import type { Actor } from '../audit/record-audit.ts'
import type { Clock } from '../clock.ts'
import type { CredentialWithSecret, NewCredential } from '../contract/credential.ts'
import { PosternError } from '../errors.ts'
import { assertNetwork, createClientId, createClientSecret } from './credential.ts'
import type { CredentialStore } from './credential-store.ts'

/** Where a credential is made: whose, and which scopes the environment has. */
export interface CredentialPlace {
  organization: { id: string; slug: string }
  environment: { name: string; scopes: { name: string }[] }
}

/**
 * Makes API credentials. The secret is in this answer and nowhere else. Throws `scope_unknown`,
 * `network_invalid`, or `not_found` for a certificate of somebody else.
 */
export async function createCredential(
  { credentials, clock }: { credentials: CredentialStore; clock: Clock },
  actor: Actor,
  { organization, environment }: CredentialPlace,
  input: NewCredential,
): Promise<CredentialWithSecret> {
  const known = new Set(environment.scopes.map((scope) => scope.name))
  if (!input.scopes.every((scope) => known.has(scope))) {
    throw new PosternError(
      'scope_unknown',
      `This environment has the scopes ${[...known].join(', ') || 'none'}.`,
    )
  }
  for (const network of input.networks) assertNetwork(network)
  const certificateIds = [...new Set(input.certificateIds)]
  const owned = await credentials.countCertificates(organization.id, environment.name, certificateIds)
  if (owned !== certificateIds.length) {
    throw new PosternError('not_found', 'One of the certificates does not exist in this environment.')
  }
  const secret = input.tlsClientAuth === null ? createClientSecret() : null
  const created = await credentials.insert(
    {
      ...input,
      certificateIds,
      scopes: [...new Set(input.scopes)],
      organizationId: organization.id,
      environment: environment.name,
      clientId: createClientId(organization.slug),
      secret,
    },
    { actor },
    clock.now(),
  )
  return { ...created, clientSecret: secret?.text ?? null }
}
