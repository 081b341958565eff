import type { Profile } from '../contract/environment.ts'
import { PosternError } from '../errors.ts'
import { assertNetwork } from '../network-range.ts'
import type { CredentialStore } from './credential-store.ts'

/** The restrictions of API credentials; null restricts nothing. */
export interface CredentialTerms {
  scopes: string[] | null
  networks: string[] | null
  certificateIds: string[] | null
}

/** The limits that the request contains. */
type GivenTerms = { [Term in keyof CredentialTerms]?: CredentialTerms[Term] | undefined }

/** The organization of the credentials, and the scopes of their environment. */
export interface CredentialPlace {
  organization: { id: string; slug: string }
  environment: { name: string; profile: Profile; scopes: { name: string }[] }
}

/**
 * Throws `client_secret_not_allowed` if clients must not authenticate with a secret (FAPI 2.0, section
 * 5.3.2.1).
 */
export function assertSecretsAllowed({ name, profile }: CredentialPlace['environment']): void {
  if (profile !== 'fapi2') return
  throw new PosternError(
    'client_secret_not_allowed',
    `The environment ${name} follows FAPI 2.0, which knows no client secrets. Create credentials with public keys (private_key_jwt) or with a value of the client certificate (tls_client_auth).`,
  )
}

/**
 * Checks the given restrictions and returns them without duplicates. Throws `scope_unknown`,
 * `network_invalid`, or `not_found` for a certificate of another organization.
 */
export async function checkCredentialTerms<Given extends GivenTerms>(
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
