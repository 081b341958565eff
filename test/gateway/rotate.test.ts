import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { defaultEnvironments } from '../../src/config/default-environments.ts'
import type { CredentialWithSecret } from '../../src/contract/credential.ts'
import { operations } from '../../src/contract/operations.ts'
import { systemActor } from '../../src/shapes/actor.ts'
import { toMasterKey } from '../../src/shapes/master-key.ts'
import { replaceSigningKey } from '../../src/tokens/replace-signing-key-store.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { type CallTally, callAnew, callOverHttp1, callOverHttp2 } from '../support/call-load.ts'
import {
  type ClientFiles,
  createTestCredential,
  fetchToken,
  issueCertificate,
  makeRequest,
} from '../support/certificates.ts'
import { createGatewayClient, readIdentity } from '../support/gateway-client.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'

const organization = 'acme'
const place = { organization, environment: 'production' }
const run = promisify(execFile)
const patient = { timeout: 60_000, interval: 250 }

let postern: LocalPostern
let admin: ApiClient
let operator: ApiClient
let credential: CredentialWithSecret

beforeAll(async () => {
  postern = await openPostern({
    ...{ listens: true, hasGateway: true, otherGateways: 1 },
    config: {
      environments: {
        ...defaultEnvironments,
        // Two seconds of silence are enough.
        production: { ...defaultEnvironments.production, retirementSilenceHours: 2 / 3600 },
      },
    },
  })
  admin = await signInFirst(postern, 'admin@acme.example')
  operator = await signInFirst(postern, 'operator@postern.example')
  credential = await createTestCredential(admin, organization)
}, 60_000)
afterAll(() => postern?.stop())

const gateways = () => [postern, ...postern.otherGateways.map((other) => ({ ...postern, gateways: other }))]
const statusOf = async (certificateId: string) =>
  (await admin.call(operations.getCertificate, { params: { organization, certificateId } })).status
const verdictOf = async (certificateId: string) =>
  (await admin.call(operations.getRotation, { params: { organization, certificateId } })).verdict

/** Calls both gateways in each way until the returned function is called, which waits for the open calls. */
function startCalls(files: ClientFiles, token: string, tally: CallTally) {
  const over = new AbortController()
  const identity = readIdentity(files)
  const calls = gateways().flatMap((gateway) =>
    [callOverHttp1, callAnew, callOverHttp2].map((callIt) =>
      callIt(gateway, identity, token, tally, over.signal),
    ),
  )
  return async () => {
    over.abort()
    await Promise.all(calls)
  }
}

test('a certificate, a client secret and the issuing CA are rotated, and no call fails', {
  timeout: 120_000,
}, async () => {
  const tally: CallTally = { answered: 0, lost: [], refused: 0 }
  const more = async (count = 100) => {
    const before = tally.answered
    await expect.poll(() => tally.answered - before + tally.lost.length, patient).toBeGreaterThan(count)
  }
  const { certificate: old, files } = await issueCertificate(admin, organization)
  const stopOld = startCalls(files, await fetchToken(postern, files, credential), tally)
  await more()

  // A good client installs the replacement, fetches a token with it, and lets the open calls end.
  const params = { organization, certificateId: old.id }
  const draft = await admin.call(operations.rotateCertificate, { params })
  const csr = makeRequest(files.folder, draft.name)
  const next = await admin.call(operations.submitCsr, {
    params: { organization, certificateId: draft.id },
    body: { csr },
  })
  const nextFiles = { ...files, keyFile: `${next.name}.key`, certificateFile: `${next.name}.pem` }
  writeFileSync(`${files.folder}/${next.name}.pem`, next.issued?.pem ?? '')
  const stopNext = startCalls(nextFiles, await fetchToken(postern, nextFiles, credential), tally)
  await more()
  const { code, sentence } = await verdictOf(old.id)
  expect([code, sentence]).toEqual([
    'still_used',
    expect.stringMatching(/^not yet: [\d,]+ calls in the last hour from /),
  ])
  const refused = await admin.send(operations.retireCertificate, { params, body: { when: 'now' } })
  expect([refused.status, refused.body]).toMatchObject([409, { code: 'retirement_not_safe' }])
  await stopOld()
  await admin.call(operations.retireCertificate, { params, body: { when: 'when_safe' } })
  await expect.poll(() => statusOf(old.id), patient).toBe('revoked')
  await more()

  const credentialParams = { organization, credentialId: credential.id }
  const rotated = await admin.call(operations.rotateCredentialSecret, {
    params: credentialParams,
    body: { overlapSeconds: 3600 },
  })
  for (const clientSecret of [credential.clientSecret, rotated.clientSecret]) {
    const token = await fetchToken(postern, nextFiles, { ...credential, clientSecret })
    const stop = startCalls(nextFiles, token, tally)
    await more(30)
    await stop()
  }

  await operator.call(operations.rotateCertificateAuthority, { params: { environment: 'production' } })
  const { files: ofNewIssuer } = await issueCertificate(admin, organization)
  const stopLast = startCalls(ofNewIssuer, await fetchToken(postern, ofNewIssuer, credential), tally)
  await more()
  await Promise.all([stopNext(), stopLast()])
  expect(tally.lost).toEqual([])
})

test('the commands of the guide rotate a certificate', { timeout: 60_000 }, async () => {
  const { certificate, files } = await issueCertificate(admin, organization)
  const { secret: apiKey } = await admin.call(operations.createApiKey, {
    params: { organization },
    body: { name: 'rotation', role: 'developer', scopes: ['certificates:read', 'certificates:write'] },
  })
  const guide = readFileSync(`${import.meta.dirname}/../../docs/customers/rotate.md`, 'utf8')
  const [settings = '', ...commands] = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].map(
    ([, text = '']) => text,
  )
  expect([...settings.matchAll(/(\w+)=/g)].map(([, name]) => name)).toEqual([
    ...['PORTAL', 'GATEWAY', 'OLD', 'POSTERN_API_KEY', 'CLIENT_ID', 'CLIENT_SECRET'],
  ])
  expect(commands).toHaveLength(3)
  const own = await createTestCredential(admin, organization)
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', commands.join('\n')], {
    cwd: files.folder,
    env: {
      ...process.env,
      PORTAL: `${postern.portalUrl}/api/v1`,
      GATEWAY: postern.gateways.production,
      OLD: certificate.id,
      POSTERN_API_KEY: apiKey,
      CLIENT_ID: own.clientId,
      CLIENT_SECRET: own.clientSecret ?? '',
      CURL_CA_BUNDLE: postern.serverCaFile,
    },
  })
  expect(stdout).toMatch(/not yet: |safe to retire: /)
  const rotation = await admin.call(operations.getRotation, {
    params: { organization, certificateId: certificate.id },
  })
  expect(rotation.new).toMatchObject({ status: 'issued' })
  const { items } = await admin.call(operations.listRotations, { params: place, query: {} })
  expect(items.map(({ old }) => old.id)).toContain(certificate.id)
})

test('a token signing key is replaced: early without a failed call, at once with its tokens', {
  timeout: 60_000,
}, async () => {
  const { files } = await issueCertificate(admin, organization)
  const own = await createTestCredential(admin, organization)
  const token = await fetchToken(postern, files, own)
  const gatewayKey = toMasterKey(
    Buffer.from(readFileSync(`${postern.dataFolder}/keys/gateway.key`, 'utf8'), 'base64'),
  )
  const replace = (isImmediate: boolean) =>
    replaceSigningKey(
      postern.database,
      { name: 'production', tokenSeconds: 900, tokenAlgorithm: 'ES256', profile: 'oauth2' },
      gatewayKey,
      {
        ...{ isImmediate, now: Date.now() },
        actor: systemActor('test'),
      },
    )
  const clients = gateways().map((gateway) => createGatewayClient(gateway, readIdentity(files)))
  const listKeyIds = async () => {
    const sets = await Promise.all(clients.map((client) => client.get('/jwks.json')))
    return sets.map(({ text }) => (JSON.parse(text).keys as { kid: string }[]).map(({ kid }) => kid))
  }
  const tally: CallTally = { answered: 0, lost: [], refused: 0 }
  const stop = startCalls(files, token, tally)
  onTestFinished(stop)
  const [[former] = []] = await listKeyIds()
  await replace(false)
  await expect
    .poll(async () => (await listKeyIds()).map(({ length }) => length), patient)
    .toEqual(clients.map(() => 2))
  const before = tally.answered
  await expect.poll(() => tally.answered - before + tally.lost.length, patient).toBeGreaterThan(30)
  await stop()
  expect(tally).toMatchObject({ lost: [], refused: 0 })

  await replace(true)
  for (const client of clients)
    await expect
      .poll(() => client.get('/payments', token), patient)
      .toMatchObject({ status: 401, code: 'token_invalid' })
  const left = await listKeyIds()
  expect(left).toEqual(clients.map(() => [expect.any(String)]))
  expect(left.flat()).not.toContain(former)
  const next = await fetchToken(postern, files, own)
  for (const client of clients) {
    expect(await client.get('/payments', next)).toMatchObject({ status: 200 })
    client.close()
  }
})
