import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { BlockList } from 'node:net'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { describeError } from '../../src/app/create-log.ts'
import { recordChange } from '../../src/storage/change-log.ts'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'
import { type GatewayTestClient, openTestClient } from '../support/gateway-test-client.ts'
import { createPostgresDatabase } from '../support/postgres.ts'
import { sendRawHttp2 } from '../support/raw-http2.ts'

let harness: GatewayHarness
let caller: GatewayTestClient
const logged: object[] = []

/** A line about something that was thrown. */
interface Line {
  kind: string
  traceId: string
  err: Error
}

beforeAll(async () => {
  harness = await openGatewayHarness({
    location: { engine: 'postgres', url: await createPostgresDatabase(inject('postgresUrl')) },
    environments: { production: { externalCertificates: 'pinned' } },
    authorizer: true,
    log: {
      warn: (facts, sentence) => void logged.push({ ...facts, sentence }),
      error: (facts, sentence) => void logged.push({ ...facts, sentence }),
    },
  })
  caller = await openTestClient(harness)
})
afterAll(() => harness[Symbol.asyncDispose]())

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const post = (path: string, body: string, headers: Record<string, string> = form) =>
  caller.call(path, { method: 'POST', headers: { authorization: '', ...headers }, body })
const recordedSince = async () => {
  const [row] = await harness.database.queries
    .selectFrom('activity')
    .select((e) => e.fn.max('sequence').as('sequence'))
    .execute()
  return Number(row?.sequence ?? 0)
}

test('a client ID that the store cannot hold as text does not block events or confirmations', async () => {
  for (const clientId of ['%00', 'a%00b', '%ED%A0%80', '%F0%9F%92%A9%00'])
    await post('/token', `grant_type=client_credentials&client_id=${clientId}&client_secret=x`)
  const from = await recordedSince()
  const other = await harness.issue()
  await caller.call('/payments')
  await harness.untilActivity((row) => row.path === '/payments' && row.sequence > from)
  await harness.revoke(other.id)
  await expect
    .poll(() => harness.database.queries.selectFrom('enforcements').select('certificate_id').execute(), {
      timeout: 5000,
    })
    .toContainEqual({ certificate_id: other.id })
})

test('an event that the store rejects is omitted, counted and logged, and all others are written', async () => {
  const lost = await harness.issue()
  const asLost = { ca: harness.ca, cert: lost.cert, key: lost.key, agent: false }
  // The store loses a certificate that the gateway knows, as after the restore of an older backup.
  await harness.database.queries.deleteFrom('usage').where('certificate_id', '=', lost.id).execute()
  await harness.database.queries.deleteFrom('certificates').where('id', '=', lost.id).execute()
  const [response] = (await once(httpsRequest(`${harness.url()}/whoami`, asLost).end(), 'response')) as [
    IncomingMessage,
  ]
  response.resume()
  const from = await recordedSince()
  await caller.call('/payments')
  await harness.untilActivity((row) => row.path === '/payments' && row.sequence > from)
  await expect
    .poll(() => logged, { timeout: 5000 })
    .toContainEqual(expect.objectContaining({ part: 'uses', code: '23503' }))
  const gateway = () =>
    harness.database.queries
      .selectFrom('gateways')
      .select(['rejected_rows', 'lag_milliseconds'])
      .executeTakeFirst()
  await expect.poll(async () => (await gateway())?.rejected_rows ?? 0, { timeout: 8000 }).toBeGreaterThan(0)
  expect(JSON.stringify(logged)).not.toContain(lost.id)
})

test("an unregistered certificate with a customer's serial number yields few events, all marked as claims", async () => {
  const genuine = await harness.issue()
  await harness.revoke(genuine.id)
  await harness.untilFollowed()
  const connect = (cert: string, key: string) =>
    new Promise<void>((resolve) => {
      const request = httpsRequest(`${harness.url()}/payments`, { ca: harness.ca, agent: false, cert, key })
      request.once('response', (response) => response.resume()).once('error', () => resolve())
      request.once('close', resolve).end()
    })
  await connect(genuine.cert, genuine.key)
  const [row] = await harness.untilActivity(
    ({ certificate_id, code }) => certificate_id === genuine.id && code === 'certificate_revoked',
  )
  expect(row?.proven).toBe(1)
  const serial = execFileSync('openssl', ['x509', '-noout', '-serial', '-in', genuine.certFile])
  const base = join(harness.folder, 'forged')
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-set_serial', `0x${serial.toString().trim().split('=')[1]}`],
    ...['-subj', '/CN=forged', '-keyout', `${base}.key`, '-out', `${base}.pem`],
  ])
  const read = (file: string) => execFileSync('cat', [file]).toString()
  for (let round = 0; round < 4; round += 1) {
    const [cert, key] = [read(`${base}.pem`), read(`${base}.key`)]
    await Promise.all(Array.from({ length: 15 }, () => connect(cert, key)))
  }
  const claims = await harness.untilActivity(
    ({ proven, organization_id }) => proven === 0 && organization_id === harness.organizations.acme?.id,
    10,
  )
  expect(claims).toHaveLength(10)
  expect(claims.every(({ certificate_id }) => certificate_id === null)).toBe(true)
  await harness.untilActivity(({ id }) => id === row?.id)
})

test('a client ID from a client without a certificate is recorded as a claim', async () => {
  const { clientId } = await harness.createCredential()
  const authorization = `Basic ${Buffer.from(`${clientId}:wrong`).toString('base64')}`
  const request = httpsRequest(`${harness.url()}/token`, {
    ...{ method: 'POST', ca: harness.ca, agent: false, headers: { authorization } },
  })
  const [response] = (await once(request.end(), 'response')) as [IncomingMessage]
  response.resume()
  const [row] = await harness.untilActivity(({ client_id }) => client_id === clientId)
  expect(row).toMatchObject({
    ...{
      code: 'certificate_missing',
      organization_id: harness.organizations.acme?.id,
      certificate_id: null,
      proven: 0,
    },
  })
  await expect
    .poll(
      () =>
        harness.database.queries
          .selectFrom('refusal_hours')
          .select(['count', 'unproven'])
          .where('organization_id', '=', harness.organizations.acme?.id ?? '')
          .where('code', '=', 'certificate_missing')
          .execute(),
      { timeout: 5000 },
    )
    .toEqual([{ count: 1, unproven: 1 }])
})

test('a secret in any part of a request is neither in the store nor in the log', async () => {
  const secrets: string[] = []
  const secret = (place: string) => {
    const made = `pos-${place}-4111111111111111`
    secrets.push(made)
    return made
  }
  const credential = await harness.createCredential()
  const bearer = caller.bearer
  await post(
    '/token',
    `grant_type=client_credentials&client_id=${secret('id')}&client_secret=${credential.clientId}`,
  )
  await post(
    '/token',
    `grant_type=${secret('grant')}&client_id=${credential.clientId}&client_secret=${credential.secret}`,
  )
  await post(
    '/token',
    `grant_type=client_credentials&scope=${secret('scope')}&client_id=${credential.clientId}&client_secret=${credential.secret}`,
  )
  await post('/token', `token=${secret('body')}&${secret('name')}=1`)
  const swapped = Buffer.from(`${secret('basic')}:${credential.clientId}`).toString('base64')
  await post('/token', 'grant_type=client_credentials', { ...form, authorization: `Basic ${swapped}` })
  await post(`/token/${secret('tokenpath')}`, '', { 'x-api-key': secret('key') })
  await post(`/auth/token/${secret('authpath')}/more`, '', {})
  await post('/introspect', `token=${secret('token')}&client_id=${secret('introspect')}&client_secret=x`)
  await caller.call(`/payments/${secret('below')}?card=${secret('query')}`)
  await caller.call(`/${secret('path')}`)
  await caller.call(`/${secret('head')}`, { method: 'DELETE' })
  await caller.call('/payments', {
    headers: {
      ...bearer,
      ...{ 'user-agent': secret('agent'), traceparent: secret('trace'), cookie: secret('cookie') },
      ...{ 'x-forwarded-for': secret('for'), referer: secret('referer'), [secret('header')]: '1' },
    },
  })
  await caller.call('/payments', { headers: { authorization: `Bearer ${secret('bearer')}` } })
  await caller.sendRaw(
    `GET /payments HTTP/1.1\r\nHost: ${secret('host')}.example\r\nConnection: close\r\n\r\n`,
  )
  await post('/registrations', secret('proof'))
  const environment = secret('environment')
  const statement = [
    'Postern: I have the key of this certificate and register it',
    `registration: reg_${'a'.repeat(26)}`,
    'organization: acme',
    `environment: ${environment}`,
    `certificate: ${'0'.repeat(64)}`,
    `challenge: ${'A'.repeat(43)}\n`,
  ].join('\n')
  await post('/registrations', statement, {})
  const authority = [':authority', `localhost:${harness.port()}`] as const
  await sendRawHttp2({ host: 'localhost', port: harness.port(), ...caller.tls }, [
    [':method', secret('method')],
    ...([[':scheme', 'https'], authority, [':path', '/payments']] as const),
    ['authorization', bearer.authorization],
  ])
  const named = connectHttp2(harness.url(), {
    ...caller.tls,
    servername: `${secret('sni')}.example`,
    checkServerIdentity: () => undefined,
  })
  const stream = named.request({ ':path': '/payments', ...bearer })
  await once(stream.resume(), 'close')
  named.close()
  const { authorizerPort } = harness.gateways[0] as NonNullable<(typeof harness.gateways)[0]>
  const asked = await fetch(`http://127.0.0.1:${authorizerPort}/authorize/production/haproxy`, {
    headers: {
      ...{ 'x-forwarded-method': secret('asked'), 'x-forwarded-uri': `/${secret('uri')}` },
      ...{ 'x-forwarded-for': secret('edge'), 'postern-client-cert': secret('pem') },
      ...{ 'postern-tls-version': 'TLSv1.3', 'postern-tls-cipher': 'TLS_AES_128_GCM_SHA256' },
    },
  })
  expect(asked.status).toBe(403)

  const from = await recordedSince()
  await caller.call('/payments')
  await harness.untilActivity((row) => row.path === '/payments' && row.sequence > from)
  const everything = await readEverything()
  expect(everything.length).toBeGreaterThan(10_000)
  expect(secrets.filter((one) => everything.includes(one))).toEqual([])
  expect(secrets.filter((one) => JSON.stringify(logged).includes(one))).toEqual([])
  expect(secrets.length).toBeGreaterThan(30)
  const rows = await harness.database.queries
    .selectFrom('activity')
    .select(['path', 'method', 'server_name'])
    .execute()
  const has = (name: keyof (typeof rows)[0], value: string) => rows.some((row) => row[name] === value)
  expect([
    has('path', '/token/{clientId}'),
    has('path', '/payments'),
    has('method', 'other'),
    has('server_name', 'other'),
  ]).toEqual([true, true, true, true])
})

test('what the gateway fails of is logged with its stack and the trace ID of the answer, and without a secret', async () => {
  const { clientId, secret } = await harness.createCredential({ networks: ['127.0.0.0/8', '192.0.2.0/24'] })
  const authorization = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`
  const grant = 'grant_type=client_credentials'
  const { access_token: token } = JSON.parse((await post('/token', grant, { ...form, authorization })).text)
  const { authorizerPort } = harness.gateways[0] as NonNullable<(typeof harness.gateways)[0]>
  const asProxy = (path: string, headers: Record<string, string>, method = 'GET', body?: string) =>
    fetch(`http://127.0.0.1:${authorizerPort}${path}`, {
      ...{ method, body: body ?? null },
      headers: {
        ...{ 'x-forwarded-for': '192.0.2.7', 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/payments' },
        ...{ 'postern-client-cert': Buffer.from(caller.client.der).toString('base64'), ...headers },
      },
    })
  const from = logged.length
  const answers: { status: number | undefined; text: string }[] = []
  const fault = vi.spyOn(BlockList.prototype, 'check').mockImplementation(() => {
    throw new Error('a fault of ours')
  })
  try {
    answers.push(await caller.call('/payments', { headers: { authorization: `Bearer ${token}` } }))
    answers.push(await post('/token', grant, { ...form, authorization }))
    for (const response of [
      await asProxy('/authorize/production/haproxy', { authorization: `Bearer ${token}` }),
      await asProxy('/endpoints/production/haproxy/token', { ...form, authorization }, 'POST', grant),
    ])
      answers.push({ status: response.status, text: await response.text() })
  } finally {
    fault.mockRestore()
  }
  const lines = (logged as Line[]).slice(from).filter(({ kind }) => kind === 'internal_error')
  for (const { status, text } of answers) {
    const { code, traceId } = JSON.parse(text)
    expect({ status, code }).toEqual({ status: 500, code: 'internal_error' })
    const line = lines.find((one) => one.traceId === traceId)
    expect(line).toMatchObject({ environment: 'production', err: { message: 'a fault of ours' } })
    expect(line?.err.stack).toContain('match-network.ts')
  }
  expect(lines).toHaveLength(answers.length)
  const written = JSON.stringify(lines.map((line) => ({ ...line, err: describeError(line.err) })))
  for (const one of [secret, token, authorization]) expect(written).not.toContain(one)
})

test('a change that the gateway cannot put in force is logged, and others are made once it can', async () => {
  const { id } = await harness.createCredential()
  const setKeys = (jwks: string | null) =>
    harness.database.transaction(async (tx) => {
      await tx.updateTable('credentials').set({ jwks }).where('id', '=', id).execute()
      await recordChange(tx, 'credential', id, Date.now())
    })
  await setKeys('{"keys":[{"kid":"1","alg":"ES256","kty":"none"}]}')
  const isTold = (line: Partial<Line>) =>
    line.kind === 'internal_error' && line.err?.stack?.includes('registry-store.ts')
  await expect.poll(() => (logged as Line[]).some(isTold), { timeout: 5000 }).toBe(true)
  await setKeys(null)
  const other = await openTestClient(harness)
  expect((await other.call('/payments')).status).toBe(200)
})

/** Reads every row of every table as text. */
async function readEverything(): Promise<string> {
  const { queries } = harness.database
  const tables = await queries.introspection.getTables()
  let all = ''
  for (const { name } of tables)
    all += JSON.stringify((await sql`select * from ${sql.table(name)}`.execute(queries)).rows)
  return all
}
