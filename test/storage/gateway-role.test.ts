import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { openDatabase } from '../../src/storage/database.ts'
import { enterEpoch } from '../../src/storage/store-epoch.ts'
import { until } from '../support/certificates.ts'
import { createCredentialToken } from '../support/fetch-token.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'
import { createPostgresDatabase } from '../support/postgres.ts'

const grants = readFileSync(join(import.meta.dirname, '../../deploy/postgresql/gateway-grants.sql'), 'utf8')
const role = `gateway_${randomBytes(4).toString('hex')}`
let harness: GatewayHarness
let owner: pg.Client
let gateway: pg.Client
let gatewayUrl: string

beforeAll(async () => {
  const url = await createPostgresDatabase(inject('postgresUrl'))
  const roleUrl = new URL(url)
  roleUrl.username = role
  gatewayUrl = roleUrl.href
  owner = new pg.Client({ connectionString: url })
  gateway = new pg.Client({ connectionString: roleUrl.href })
  await owner.connect()
  harness = await openGatewayHarness({
    location: { engine: 'postgres', url },
    async openForGateways() {
      await owner.query(`create role ${role} login`)
      await owner.query(grants.replaceAll('postern_gateway', role))
      return { engine: 'postgres', url: roleUrl.href }
    },
  })
  await gateway.connect()
})
afterAll(async () => {
  await harness[Symbol.asyncDispose]()
  await gateway.end()
  await owner.query(`drop owned by ${role}`)
  await owner.query(`drop role ${role}`)
  await owner.end()
})

async function call(client: TestClient, path: string, token?: string, form?: string): Promise<number> {
  const options = { ca: harness.ca, cert: client.cert, key: client.key, agent: false as const }
  const headers = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
  }
  const method = form === undefined ? 'GET' : 'POST'
  const asked = request(`${harness.url()}${path}`, { ...options, method, headers }).end(form)
  const [response] = await once(asked, 'response')
  response.resume()
  return response.statusCode
}

test('a gateway does all of its work with the rights of gateway-grants.sql', async () => {
  const client = await harness.issue()
  const token = await createCredentialToken(harness, client)
  expect(await call(client, '/payments', token)).toBe(200)
  expect(await call(client, '/payments')).toBe(401)
  const rows = await harness.untilActivity(({ certificate_id }) => certificate_id === client.id, 3)
  expect(rows.map(({ code }) => code)).toContain('token_missing')
  const readUse = async () =>
    (await owner.query('select last_used_at, last_denied_at from certificates where id = $1', [client.id]))
      .rows[0]
  await until(readUse, (row) => row.last_used_at !== null && row.last_denied_at !== null, 20)
  const { clientId, secret } = await harness.createCredential()
  const form = `token=${token}&client_id=${clientId}&client_secret=${secret}`
  expect(await call(client, '/introspect', undefined, form)).toBe(200)
  await harness.revoke(client.id)
  await until(
    async () => call(client, '/whoami').catch(() => 0),
    (status) => status === 403,
    20,
  )
  expect(harness.logged).toEqual([])
})

test('a gateway revokes a token for its client with these rights', async () => {
  const client = await harness.issue()
  const { clientId, secret } = await harness.createCredential()
  const auth = `client_id=${clientId}&client_secret=${secret}`
  const options = {
    ca: harness.ca,
    cert: client.cert,
    key: client.key,
    agent: false as const,
    method: 'POST',
  }
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const asked = request(`${harness.url()}/token`, { ...options, headers })
  asked.end(`grant_type=client_credentials&${auth}`)
  const [response] = await once(asked, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  const token = JSON.parse(text).access_token
  expect(await call(client, '/payments', token)).toBe(200)
  expect(await call(client, '/revoke', undefined, `token=${token}&${auth}`)).toBe(200)
  expect(await call(client, '/payments', token)).toBe(401)
  expect(harness.logged).toEqual([])
})

test.each([
  ...['issuer_keys', 'ocsp_responders', 'audit_keys', 'users', 'accounts', 'sessions', 'members'],
  ...[
    'invitations',
    'one_time_links',
    'outbox',
    'mailbox',
    'idempotency_keys',
    'confirmations',
    'step_up_proofs',
  ],
])('a gateway cannot read %s', async (table) => {
  await expect(gateway.query(`select * from ${table}`)).rejects.toMatchObject({ code: '42501' })
})

test.each([
  "update certificates set status = 'issued'",
  'update certificates set fingerprint_sha256 = null',
  'delete from certificates',
  'update credentials set scopes = null',
  'update issuers set retires_at = null',
  'update organizations set legal_name = slug',
  'delete from enforcement_plans',
  'update audit set at = 0',
  'delete from audit',
  'delete from changes',
  'drop table activity',
  'create table own (id int)',
])('a gateway cannot run: %s', async (statement) => {
  await expect(gateway.query(statement)).rejects.toMatchObject({ code: '42501' })
})

test('no table of the store is readable to a gateway but those that are named', async () => {
  const { rows } = await gateway.query(
    "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and has_table_privilege(oid, 'select')",
  )
  const readable = rows.map(({ relname }) => relname)
  expect(readable.filter((name) => !new RegExp(`\\b${name}\\b`).test(grants))).toEqual([])
  expect(readable).toContain('certificates')
})

test('a gateway that notices a store which went back begins an epoch of its own', async () => {
  const database = await openDatabase({ engine: 'postgres', url: gatewayUrl })
  try {
    const epochs = await owner.query('select id from store_epochs')
    const known = epochs.rows.map(({ id }) => String(id))
    const id = await enterEpoch(database, { known, noticedBy: 'gateway of a test' }, Date.now())
    const { rows } = await owner.query('select noticed_by from store_epochs where id = $1', [id])
    expect(rows).toEqual([{ noticed_by: 'gateway of a test' }])
  } finally {
    await database.close()
  }
})
