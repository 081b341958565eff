import { PosternError } from '../errors.ts'
import { assertNetwork } from './credential.ts'
import type { CredentialStore } from './credential-store.ts'

/** What limits API credentials; null does not. */
export interface CredentialTerms {
  scopes: string[] | null
  networks: string[] | null
  certificateIds: string[] | null
}

/** Where credentials are: whose, and which scopes the environment has. */
export interface CredentialPlace {
  organization: { id: string; slug: string }
  environment: { name: string; scopes: { name: string }[] }
}

/**
 * Checks what is given of the terms, and gives it without repetitions. Throws `scope_unknown`,
 * `network_invalid`, or `not_found` for a certificate of somebody else.
 */
export async function checkCredentialTerms<Given extends Partial<CredentialTerms>>(
  credentials: Pick<CredentialStore, 'countCertificates'>,
  { organization, environment }: CredentialPlace,
  given: Given,
): Promise<Given> {
  const known = new Set(environment.scopes.map((scope) => scope.name))
  if (given.scopes?.some((scope) => !known.has(scope))) {
    throw new PosternError(
      'scope_unknown',
      `This environment has the scopes ${[...known].join(', ') || 'none'}.`,
    )
  }
  for (const network of given.networks ?? []) assertNetwork(network)
  const certificateIds = given.certificateIds && [...new Set(given.certificateIds)]
  if (certificateIds) {
    const owned = await credentials.countCertificates(organization.id, environment.name, certificateIds)
    if (owned !== certificateIds.length)
      throw new PosternError('not_found', 'One of the certificates does not exist in this environment.')
  }
  return {
    ...given,
    ...(certificateIds && { certificateIds }),
    ...(given.scopes && { scopes: [...new Set(given.scopes)] }),
  }
}
