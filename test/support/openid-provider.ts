import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/** What a provider says that it should not. */
export interface Lies {
  /** The nonce of the ID token. */
  nonce?: string
  /** The issuer of the ID token. */
  issuer?: string
  audience?: string
  /** The parameter `iss` of the response; null leaves it out. */
  iss?: string | null
  /** Whether the ID token has the signature of another key. */
  hasWrongKey?: boolean
}

/** An OpenID provider that signs anybody in, and lies where a test wants it. */
export interface TestProvider {
  issuer: string
  clientId: string
  clientSecret: string
  /** How often each path was asked. */
  asked: Record<string, number>
  /** Members of the discovery document in place of the true ones. */
  metadata: Record<string, unknown>
  /** Signs a user in for an authorization request; returns the query of the redirect. */
  signIn(authorizationUrl: string, claims: Record<string, unknown>, lies?: Lies): string
  close(): Promise<void>
}

interface Given {
  nonce: string
  challenge: string
  redirectUri: string
  claims: Record<string, unknown>
  lies: Lies
}

/** Opens it on loopback. */
export async function openTestProvider(): Promise<TestProvider> {
  const [own, other] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')]
  const jwk = { ...(await exportJWK(own.publicKey)), alg: 'ES256', use: 'sig', kid: 'test' }
  const codes = new Map<string, Given>()
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider: TestProvider = {
    issuer,
    clientId: 'postern',
    clientSecret: "the secret of O'Neil & Co: 100%",
    asked: {},
    metadata: {},
    signIn(authorizationUrl, claims, lies = {}) {
      const { searchParams } = new URL(authorizationUrl)
      const read = (name: string) => searchParams.get(name) ?? ''
      const code = randomUUID()
      const [nonce, challenge, redirectUri] = [read('nonce'), read('code_challenge'), read('redirect_uri')]
      codes.set(code, { nonce, challenge, redirectUri, claims, lies })
      const iss = lies.iss === undefined ? issuer : lies.iss
      return new URLSearchParams({ code, state: read('state'), ...(iss !== null && { iss }) }).toString()
    },
    close: () => new Promise((done) => server.close(() => done())),
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    provider.asked[path] = (provider.asked[path] ?? 0) + 1
    const found =
      path === '/.well-known/openid-configuration'
        ? { ...describe(issuer), ...provider.metadata }
        : path === '/jwks'
          ? { keys: [jwk] }
          : await exchange(request)
    response.writeHead(found === undefined ? 400 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(found ?? { error: 'invalid_grant' }))
  }

  async function exchange(request: IncomingMessage): Promise<object | undefined> {
    let text = ''
    for await (const part of request) text += part
    const body = new URLSearchParams(text)
    const given = codes.get(body.get('code') ?? '')
    codes.delete(body.get('code') ?? '')
    const verifier = createHash('sha256')
      .update(body.get('code_verifier') ?? '')
      .digest('base64url')
    const isFitting = given?.challenge === verifier && given.redirectUri === body.get('redirect_uri')
    if (given === undefined || !isFitting || !isAuthenticated(request, provider)) return undefined
    const { claims, lies, nonce } = given
    const { sub, ...rest } = claims
    const token = new SignJWT({ nonce: lies.nonce ?? nonce, ...rest })
      .setProtectedHeader({ alg: 'ES256', kid: 'test' })
      .setIssuer(lies.issuer ?? issuer)
      .setAudience(lies.audience ?? provider.clientId)
      .setSubject(String(sub))
      .setIssuedAt()
      .setExpirationTime('5m')
    const key = lies.hasWrongKey ? other.privateKey : own.privateKey
    return { access_token: randomUUID(), token_type: 'Bearer', id_token: await token.sign(key) }
  }
  return provider
}

/** RFC 6749, section 2.3.1: both parts are form-encoded. */
function isAuthenticated(
  { headers }: IncomingMessage,
  { clientId, clientSecret }: Pick<TestProvider, 'clientId' | 'clientSecret'>,
): boolean {
  const text = Buffer.from((headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString()
  const [id = '', secret = ''] = text
    .split(':')
    .map((part) => new URLSearchParams(`part=${part}`).get('part') ?? '')
  return id === clientId && secret === clientSecret
}

const describe = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256'],
  authorization_response_iss_parameter_supported: true,
})
