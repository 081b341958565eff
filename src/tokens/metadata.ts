import { clientAlgorithms } from '../contract/client-key.ts'
import type { TokenIssuer } from '../shapes/client.ts'

const withSecrets = ['client_secret_basic', 'client_secret_post']
const withoutSecrets = ['private_key_jwt', 'tls_client_auth']

/**
 * Returns the authorization server metadata (RFC 8414, section 2; RFC 8705, sections 3.3 and 5) of an
 * environment.
 */
export function authorizationServerMetadata(
  url: string,
  scopes: readonly string[],
  profile: TokenIssuer['profile'],
): object {
  const endpoints = {
    token_endpoint: `${url}/token`,
    introspection_endpoint: `${url}/introspect`,
    revocation_endpoint: `${url}/revoke`,
  }
  const methods = profile === 'fapi2' ? withoutSecrets : [...withSecrets, ...withoutSecrets]
  return {
    issuer: url,
    ...endpoints,
    jwks_uri: `${url}/jwks.json`,
    // RFC 8414, section 3.2: a member without elements is omitted.
    ...(scopes.length > 0 && { scopes_supported: scopes }),
    // There is no authorization endpoint, but RFC 8414, section 2, requires the member.
    response_types_supported: [],
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: clientAlgorithms,
    introspection_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_signing_alg_values_supported: clientAlgorithms,
    revocation_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_signing_alg_values_supported: clientAlgorithms,
    tls_client_certificate_bound_access_tokens: true,
    mtls_endpoint_aliases: endpoints,
  }
}
