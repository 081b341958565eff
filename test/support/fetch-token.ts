import { request } from 'node:https'
import type { GatewayHarness, TestClient } from './gateway-harness.ts'

/** Fetches an access token for `client` with new API credentials of `organization`. */
export async function createCredentialToken(
  harness: GatewayHarness,
  client: TestClient,
  environment = 'production',
  scopes?: string[],
  organization = 'acme',
): Promise<string> {
  const { clientId, secret } = await harness.createCredential({ environment, scopes, organization })
  const { cert, key } = client
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', ca: harness.ca, cert, key, auth: `${clientId}:${secret}`, agent: false }
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const asked = request(`${harness.url(environment)}/token`, { ...options, headers }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve(JSON.parse(text).access_token)
    })
    asked.once('error', reject).end('grant_type=client_credentials')
  })
}
