import { expect, test } from 'vitest'
import { authorizationServerMetadata } from './metadata.ts'

const url = 'https://gw.example'

/** Returns the members of the metadata by name. */
const read = (scopes: string[], profile: 'oauth2' | 'fapi2' = 'oauth2') =>
  authorizationServerMetadata(url, scopes, profile) as Record<string, unknown>

test('the metadata omits empty members, and names methods and algorithms for each endpoint', () => {
  const metadata = read([])
  expect(metadata).not.toHaveProperty('scopes_supported')
  const empty = Object.entries(metadata).filter(([, value]) => Array.isArray(value) && value.length === 0)
  expect(empty).toEqual([['response_types_supported', []]])
  expect(read(['payments:read']).scopes_supported).toEqual(['payments:read'])
  for (const endpoint of ['token', 'introspection', 'revocation']) {
    const [methods, algorithms] = ['auth_methods', 'auth_signing_alg_values'].map(
      (what) => `${endpoint}_endpoint_${what}_supported`,
    ) as [string, string]
    expect(metadata[methods]).toEqual([
      ...['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth'],
    ])
    expect(read([], 'fapi2')[methods]).toEqual(['private_key_jwt', 'tls_client_auth'])
    expect(metadata[algorithms]).toEqual(['ES256', 'PS256', 'EdDSA'])
  }
})
