import type { Clock } from '../clock.ts'
import type { CredentialWithSecret, NewCredential } from '../contract/credential.ts'
import type { Actor } from '../shapes/actor.ts'
import type { Organization } from '../shapes/organization.ts'
import { checkClientKeys } from './check-client-keys.ts'
import { assertSecretsAllowed, type CredentialPlace, checkCredentialTerms } from './check-credential-terms.ts'
import { assertClientName, createClientId, createClientSecret } from './credential.ts'
import type { CredentialStore } from './credential-store.ts'

interface CreateDependencies {
  credentials: CredentialStore
  clock: Clock
  /** How many an organization may have if operators set no limit of its own. */
  /** What holds for an organization without a limit of its own. */
  defaults: { maxCredentials: number }
  /** Keeps the secret for the answer to an equal request. */
  keepSecrets?: ((secrets: Record<string, unknown>) => void) | undefined
}

/**
 * Creates API credentials. The secret is in this response only. Throws `scope_unknown`, `network_invalid`,
 * `client_name_invalid`, `not_found` for a certificate of another organization, `client_secret_not_allowed`
 * if the environment allows no secrets, `credential_limit_reached`, and the codes of {@link checkClientKeys}.
 */
export async function createCredential(
  { credentials, clock, defaults, keepSecrets }: CreateDependencies,
  actor: Actor,
  place: CredentialPlace & { organization: Pick<Organization, 'limits'> },
  input: NewCredential,
): Promise<CredentialWithSecret> {
  const { organization, environment } = place
  if (input.tlsClientAuth !== null) assertClientName(input.tlsClientAuth)
  const checked = await checkCredentialTerms(credentials, place, input)
  const jwks = input.jwks && (await checkClientKeys(input.jwks))
  const hasSecret = input.tlsClientAuth === null && jwks === null
  if (hasSecret) assertSecretsAllowed(environment)
  const secret = hasSecret ? createClientSecret() : null
  keepSecrets?.({ clientSecret: secret?.text ?? null })
  const created = await credentials.insert(
    {
      ...checked,
      organizationId: organization.id,
      environment: environment.name,
      clientId: createClientId(organization.slug),
      jwks,
      secret,
    },
    { actor, now: clock.now() },
    organization.limits.maxCredentials ?? defaults.maxCredentials,
  )
  return { ...created, clientSecret: secret?.text ?? null }
}
