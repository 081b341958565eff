import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { createTokenDependencies } from '../../src/app/gateway-tokens.ts'
import { createRegistry } from '../../src/gateway/registry/registry.ts'
import { toMasterKey } from '../../src/shapes/master-key.ts'
import { signAccessToken } from '../../src/tokens/access-token.ts'
import { createAsserter } from '../../src/tokens/call-assertion.ts'
import { createSigningKeys } from '../../src/tokens/signing-keys.ts'
import { createSlowDown } from '../../src/tokens/slow-down.ts'
import { openGatewayHarness } from './gateway-harness.ts'
import { openTestClient } from './gateway-test-client.ts'

/**
 * Hostile requests, in a process that a test starts with little memory: a quarter of a million times the argument. What calls or
 * refusals leave behind would, if it were kept, need more memory than there is. Most run only the checks of a token and its
 * assertion, wired as in a gateway; some thousands are HTTP/2 requests to a complete gateway in the same process. Writes
 * its counts as JSON.
 */
const times = Number(process.argv[2])
const issuer = { environment: 'production', url: 'https://gateway.example' }
const now = Date.now()
const lifeSeconds = 900
const registry = createRegistry()
const signingKeys = createSigningKeys()
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const key = {
  ...keys,
  ...{ id: 'key_1', environment: 'production', algorithm: 'ES256' as const },
  ...{ publicJwk: {}, signsFrom: 0, acceptedUntil: null },
}
signingKeys.replace([key])
for (const name of ['hostile', 'victim']) {
  registry.setClient({
    ...{ credentialId: `cred_${name}`, clientId: name, name, organizationId: `org_${name}` },
    ...{ environment: 'production', scopes: null, networks: null, certificateIds: null },
    ...{ tlsClientAuth: null, secrets: [], keys: [] },
  })
}
const tokens = createTokenDependencies({
  slowDown: createSlowDown(toMasterKey(new Uint8Array(32))),
  ...{
    registry,
    signingKeys,
    writer: { revokeToken: async () => {}, spendAssertion: async () => true },
    catchUp: async () => {},
  },
  environments: [
    {
      name: 'production',
      externalCertificates: 'off',
      externalStatus: { mode: 'soft', softHours: 1, issuers: [] },
      enforcement: 'enforce',
      profile: 'oauth2',
    },
  ],
})
const assertCall = createAsserter({ signingKeys, charge: tokens.charge })

const createToken = (clientId: string): Promise<string> =>
  signAccessToken(key, {
    ...{ iss: issuer.url, aud: issuer.url, sub: clientId, client_id: clientId },
    ...{ jti: randomBytes(16).toString('base64url'), exp: Math.floor(now / 1000) + lifeSeconds },
    iat: Math.floor(now / 1000),
    ...{ scope: 'payments:read', cnf: { 'x5t#S256': randomBytes(32).toString('base64url') } },
  })
const verify = (token: string) => tokens.verify(token, { issuer, now })

let calls = 0
const counts: Record<string, number> = {}
function count(what: string): void {
  calls += 1
  counts[what] = (counts[what] ?? 0) + 1
}

async function call(token: string, target: string): Promise<void> {
  const { claims, client } = await verify(token)
  const assertion = await assertCall(
    {
      ...{ issuer: issuer.url, audience: 'http://api', environment: 'production', method: 'GET', target },
      ...{ accessToken: token, claims, clientId: client.clientId, organization: 'hostile' },
      ...{ certificate: undefined, hasBody: false, contentDigest: undefined },
    },
    now,
  )
  count(assertion === undefined ? 'unsigned' : 'called')
}

async function refuse(token: string): Promise<void> {
  await verify(token).then(
    () => count('accepted'),
    () => count('refused'),
  )
}

const victims = await Promise.all(Array.from({ length: 100 }, () => createToken('victim')))
const before = await Promise.all(victims.map(verify))

const hostile: string[] = []
for (let i = 0; i < 4000; i++) {
  const token = await createToken('hostile')
  if (i < 64) hostile.push(token)
  for (let path = 0; path < 13 * times; path++) await call(token, `/payments/${i}/${path}?${'x'.repeat(900)}`)
}
for (let i = 0; i < 10_000; i += 50)
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      await verify(await createToken('hostile'))
      count('called')
    }),
  )
for (let i = 0; i < 10_000; i += 50)
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      const [header, payload] = (hostile[i % hostile.length] ?? '').split('.')
      await refuse(`${header}.${payload}.${randomBytes(64).toString('base64url')}`)
    }),
  )
for (let i = 0; i < 15_000; i++) await call(hostile[0] ?? '', `/${i}${'x'.repeat(2000)}`)
for (let i = 0; i < 125_000 * times - 10_000; i++) await refuse(`${hostile[i % hostile.length]}~${i}`)
while (calls < 250_000 * times) await call(hostile[calls % hostile.length] ?? '', '/payments')

const after = await Promise.all(victims.map(verify))
const keptOfVictims = after.filter(({ claims }, i) => claims === before[i]?.claims).length
const overHttp2 = await callOverHttp2()
globalThis.gc?.()
const heapMegabytes = process.memoryUsage().heapUsed / 1_048_576
const isKept = () => tokens.charge(before[0]?.claims ?? {}, 0)
const wasKept = isKept()
tokens.forgetExpired(now + (lifeSeconds + 20) * 1000)
process.stdout.write(
  JSON.stringify({
    calls,
    counts,
    keptOfVictims,
    overHttp2,
    heapMegabytes,
    keptAtExpiry: [wasKept, isKept()],
  }),
)

/** Sends requests with other spellings, new paths and long targets to a gateway in this process. */
async function callOverHttp2(): Promise<Record<string, number>> {
  const harness = await openGatewayHarness()
  const caller = await openTestClient(harness)
  const session = connect(harness.url(), caller.tls)
  const statuses: Record<string, number> = {}
  const send = async (path: string, token: string) => {
    const request = session.request({ ':path': path, authorization: `Bearer ${token}` })
    request.resume()
    const [headers] = await once(request, 'response')
    statuses[headers[':status']] = (statuses[headers[':status']] ?? 0) + 1
    if (!request.closed) await once(request, 'close')
  }
  for (let i = 0; i < 2000; i += 20)
    await Promise.all(
      Array.from({ length: 20 }, (_, j) => {
        if (j < 12) return send('/payments', `${caller.token}~${i + j}`)
        return send(`/payments/${i + j}${j < 16 ? '' : 'x'.repeat(1500)}`, caller.token)
      }),
    )
  session.destroy()
  await harness[Symbol.asyncDispose]()
  return statuses
}
