import type { Clock } from '../clock.ts'
import type { CredentialChange, CredentialView } from '../contract/credential.ts'
import { PosternError } from '../errors.ts'
import type { Actor } from '../shapes/actor.ts'
import { checkClientKeys } from './check-client-keys.ts'
import { type CredentialPlace, checkCredentialTerms } from './check-credential-terms.ts'
import type { CredentialStore } from './credential-store.ts'

/**
 * Changes the given fields of API credentials. A restriction applies from the next call, also to tokens that
 * were issued before. Throws the codes of {@link checkCredentialTerms} and {@link checkClientKeys}, and
 * `credential_wrong_kind` for public keys of credentials without any.
 */
export async function updateCredential(
  parts: {
    credentials: CredentialStore
    environments: ReadonlyMap<string, CredentialPlace['environment']>
    clock: Clock
  },
  actor: Actor,
  { organization, credentialId }: { organization: CredentialPlace['organization']; credentialId: string },
  change: CredentialChange,
): Promise<CredentialView> {
  const { credentials, environments, clock } = parts
  const { environment: name, jwks: former } = await credentials.get(organization.id, credentialId)
  const environment = environments.get(name) ?? { name, profile: 'oauth2', scopes: [] }
  const { jwks, ...terms } = await checkCredentialTerms(credentials, { organization, environment }, change)
  if (jwks !== undefined && former === null)
    throw new PosternError(
      'credential_wrong_kind',
      'This credential does not authenticate by public keys. Create one that does.',
    )
  const checked = { ...terms, ...(jwks !== undefined && { jwks: await checkClientKeys(jwks) }) }
  return credentials.update(organization.id, credentialId, checked, { actor, now: clock.now() })
}
