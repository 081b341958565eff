import type { Clock } from '../clock.ts'
import type { Handlers } from '../http/handler.ts'
import { createCredential } from './create-credential.ts'
import { createClientSecret } from './credential.ts'
import type { CredentialStore } from './credential-store.ts'

type Ids = 'createCredential' | 'listCredentials' | 'rotateCredentialSecret' | 'deleteCredential'

/** API credentials of an organization. */
export function credentialRoutes(parts: { credentials: CredentialStore; clock: Clock }): Pick<Handlers, Ids> {
  const { credentials, clock } = parts
  return {
    createCredential: ({ actor, organization, environment, body }) =>
      createCredential(parts, actor, { organization, environment }, body),
    listCredentials: ({ organization, environment, query }) =>
      credentials.list(organization.id, environment.name, query),
    async rotateCredentialSecret({ actor, organization, params, body }) {
      const secret = createClientSecret()
      const overlap = body.overlapSeconds * 1000
      const rotated = await credentials.addSecret(
        organization.id,
        params.credentialId,
        secret,
        overlap,
        { actor },
        clock.now(),
      )
      return { ...rotated, clientSecret: secret.text }
    },
    async deleteCredential({ actor, organization, params }) {
      await credentials.delete(organization.id, params.credentialId, { actor }, clock.now())
      return undefined
    },
  }
}
