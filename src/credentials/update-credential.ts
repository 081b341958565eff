import type { Actor } from '../audit/record-audit.ts'
import type { Clock } from '../clock.ts'
import type { CredentialChange, CredentialView } from '../contract/credential.ts'
import { type CredentialPlace, checkCredentialTerms } from './check-credential-terms.ts'
import type { CredentialStore } from './credential-store.ts'

/**
 * Changes what is named of API credentials and leaves the rest. A restriction counts from the next call, also for
 * tokens that were issued before. Throws as {@link checkCredentialTerms}.
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
  const { environment: name } = await credentials.get(organization.id, credentialId)
  const environment = environments.get(name) ?? { name, scopes: [] }
  const checked = await checkCredentialTerms(credentials, { organization, environment }, change)
  return credentials.update(organization.id, credentialId, checked, { actor }, clock.now())
}
