import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import Provider from 'oidc-provider'

/**
 * `oidc-provider` over mutual TLS with client credentials and certificate-bound ES256 tokens; prints its
 * port.
 */
const [certificateFile = '', keyFile = '', clientId = '', clientSecret = ''] = process.argv.slice(2)
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const key = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'bench' }

const provider = new Provider('https://localhost', {
  jwks: { keys: [key] },
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: 'ES256',
      tls_client_certificate_bound_access_tokens: true,
    },
  ],
  scopes: ['payments:read'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      getCertificate: (ctx: { socket: TLSSocket }) => ctx.socket.getPeerX509Certificate()?.toString(),
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:example:api',
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'payments:read',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 900,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
})
provider.proxy = true

const server = createServer(
  {
    cert: readFileSync(certificateFile),
    key: readFileSync(keyFile),
    requestCert: true,
    rejectUnauthorized: false,
  },
  provider.callback(),
)
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
