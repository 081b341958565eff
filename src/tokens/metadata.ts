const authenticationMethods = ['client_secret_basic', 'client_secret_post', 'tls_client_auth']

/** Authorization server metadata (RFC 8414, 2; RFC 8705, 3.3 and 5) of an environment. */
export function authorizationServerMetadata(url: string, scopes: readonly string[]): object {
  const endpoints = {
    token_endpoint: `${url}/token`,
    introspection_endpoint: `${url}/introspect`,
    revocation_endpoint: `${url}/revoke`,
  }
  return {
    issuer: url,
    ...endpoints,
    jwks_uri: `${url}/jwks.json`,
    scopes_supported: scopes,
    // There is no authorization endpoint; RFC 8414 asks for the member all the same.
    response_types_supported: [],
    grant_types_supported: ['client_credentials'],
    token_endpoint_auth_methods_supported: authenticationMethods,
    introspection_endpoint_auth_methods_supported: authenticationMethods,
    revocation_endpoint_auth_methods_supported: authenticationMethods,
    tls_client_certificate_bound_access_tokens: true,
    mtls_endpoint_aliases: endpoints,
  }
}
