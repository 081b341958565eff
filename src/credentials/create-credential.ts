import type { Actor } from '../audit/record-audit.ts'
import type { Clock } from '../clock.ts'
import type { CredentialWithSecret, NewCredential } from '../contract/credential.ts'
import { type CredentialPlace, checkCredentialTerms } from './check-credential-terms.ts'
import { createClientId, createClientSecret } from './credential.ts'
import type { CredentialStore } from './credential-store.ts'

/**
 * Makes API credentials. The secret is in this answer and nowhere else. Throws `scope_unknown`,
 * `network_invalid`, or `not_found` for a certificate of somebody else.
 */
export async function createCredential(
  { credentials, clock }: { credentials: CredentialStore; clock: Clock },
  actor: Actor,
  place: CredentialPlace,
  input: NewCredential,
): Promise<CredentialWithSecret> {
  const { organization, environment } = place
  const checked = await checkCredentialTerms(credentials, place, input)
  const secret = input.tlsClientAuth === null ? createClientSecret() : null
  const created = await credentials.insert(
    {
      ...checked,
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
