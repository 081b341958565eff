import type { Clock } from '../clock.ts'
import type { Handlers } from '../http/handler.ts'
import { assertSecretsAllowed, type CredentialPlace } from './check-credential-terms.ts'
import { createCredential } from './create-credential.ts'
import { createClientSecret } from './credential.ts'
import type { CredentialSecretStore } from './credential-secret-store.ts'
import type { CredentialStore } from './credential-store.ts'
import { updateCredential } from './update-credential.ts'

/** The dependencies of these routes. */
export interface CredentialDependencies {
  credentials: CredentialStore
  secrets: CredentialSecretStore
  environments: ReadonlyMap<string, CredentialPlace['environment']>
  /** How many an organization may have if operators set no limit of its own. */
  defaults: { maxCredentials: number }
  clock: Clock
}

type Ids =
  | 'createCredential'
  | 'listCredentials'
  | 'getCredential'
  | 'listCredentialUse'
  | 'updateCredential'
  | 'rotateCredentialSecret'
  | 'deleteCredentialSecret'
  | 'deleteCredential'

/** Returns the handlers for API credentials of an organization. */
export function credentialRoutes(dependencies: CredentialDependencies): Pick<Handlers, Ids> {
  const { credentials, secrets, clock } = dependencies
  return {
    createCredential: ({ actor, organization, environment, body, keepSecrets }) =>
      createCredential({ ...dependencies, keepSecrets }, actor, { organization, environment }, body),
    listCredentials: ({ organization, query }) => credentials.list(organization.id, query),
    listCredentialUse: ({ organization, query }) => credentials.listUse(organization.id, query),
    getCredential: ({ organization, params }) => credentials.get(organization.id, params.credentialId),
    updateCredential: ({ actor, organization, params, body }) =>
      updateCredential(dependencies, actor, { organization, credentialId: params.credentialId }, body),
    async rotateCredentialSecret({ actor, organization, params, body, keepSecrets }) {
      const { environment: name } = await credentials.get(organization.id, params.credentialId)
      const environment = dependencies.environments.get(name)
      if (environment !== undefined) assertSecretsAllowed(environment)
      const secret = createClientSecret()
      keepSecrets?.({ clientSecret: secret.text })
      const which = { organizationId: organization.id, credentialId: params.credentialId }
      await secrets.add(which, secret, body.overlapSeconds * 1000, { actor, now: clock.now() })
      const rotated = await credentials.get(organization.id, params.credentialId)
      return { ...rotated, clientSecret: secret.text }
    },
    async deleteCredentialSecret({ actor, organization, params }) {
      const which = { organizationId: organization.id, credentialId: params.credentialId }
      await secrets.end(which, params.secretId, { actor, now: clock.now() })
      return undefined
    },
    async deleteCredential({ actor, organization, params }) {
      await credentials.delete(organization.id, params.credentialId, { actor, now: clock.now() })
      return undefined
    },
  }
}
