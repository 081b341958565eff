import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApiKeySecret } from '../../src/api-keys/api-key-secret.ts'
import { apiKeyPattern, NewApiKey, NewOwnApiKey } from '../../src/contract/api-key.ts'
import { apiKeyScopes } from '../../src/contract/api-key-scopes.ts'
import type { Sent } from '../../src/contract/operation.ts'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, signInFirst, toUrl, withApiKey } from '../support/api.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { addOrganization, addUser, withStore } from '../support/users.ts'

let postern: LocalPostern
let admin: ApiClient
let operator: ApiClient
const organization = 'acme'
const params = { organization }
const place = { organization, environment: 'production' }

beforeAll(async () => {
  postern = await openPostern()
  admin = await signInFirst(postern, 'admin@acme.example')
  operator = await signInFirst(postern, 'operator@postern.example')
})
afterAll(() => postern?.stop())

type OwnBody = Partial<Sent<typeof operations.createOwnApiKey>['body']>
const ownKey = async (client: ApiClient, body: OwnBody = {}) => {
  const created = await client.call(operations.createOwnApiKey, {
    body: { name: 'CI', role: 'admin', ...body },
  })
  return { ...created, client: withApiKey(postern, created.secret) }
}
type Body = Partial<Sent<typeof operations.createApiKey>['body']>
const organizationKey = async (body: Body = {}) => {
  const input = { params, body: { name: 'Terraform', role: 'developer' as const, ...body } }
  const created = await admin.call(operations.createApiKey, input)
  return { ...created, client: withApiKey(postern, created.secret) }
}
const list = (client: ApiClient) => client.send(operations.listCertificates, { params })
const codeOf = async (client: ApiClient) => {
  const { status, body } = await list(client)
  return status === 200 ? 200 : [status, body.code]
}
const queries = () => postern.database.queries
const userId = async (email: string) =>
  (await queries().selectFrom('users').select('id').where('email', '=', email).executeTakeFirstOrThrow()).id
/** Longer than a key is kept without a look into the store. */
const until = async (check: () => Promise<boolean>) => {
  const end = performance.now() + 5000
  while (!(await check())) {
    if (performance.now() > end) throw new Error('it did not happen')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('what is no key is refused with a challenge, and costs nothing else', async () => {
  const url = toUrl(postern.portalUrl, operations.listCertificates, { params })
  for (const authorization of ['Bearer', 'bearer x', 'Bearer pst_x', `Bearer ${createApiKeySecret().text}`]) {
    const answer = await postern.fetch(url, { headers: { authorization } })
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      401,
      'api_key_invalid',
    ])
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="Postern", error="invalid_token"')
  }
  // A proxy in front may have asked for a password of its own.
  const cookie = admin.cookie()
  expect((await postern.fetch(url, { headers: { authorization: 'Basic YTpi', cookie } })).status).toBe(200)
})

test('a request with a session and a key is refused', async () => {
  const { secret } = await organizationKey()
  const headers = { authorization: `Bearer ${secret}` }
  const answer = await admin.send(operations.listCertificates, { params, headers })
  expect([answer.status, answer.body.code]).toEqual([400, 'api_key_with_cookie'])
})

test('a key changes things without an origin, and history and audit log name it', async () => {
  const { id, client } = await organizationKey({ name: "O'Neil & Co / Ltd" })
  const url = toUrl(postern.portalUrl, operations.createCertificate, { params: place })
  const response = await postern.fetch(url, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json', origin: 'https://ci.example', ...client.identity() },
  })
  expect(response.status).toBe(201)
  const certificate = (await response.json()) as { id: string; createdBy: unknown }
  const actor = { kind: 'api_key', id, label: "O'Neil & Co / Ltd" }
  expect(certificate.createdBy).toEqual(actor)
  const history = await client.call(operations.listCertificateHistory, {
    params: { organization, certificateId: certificate.id },
  })
  expect(history.items.at(-1)?.actor).toEqual(actor)
  const audit = await operator.call(operations.listAudit, { query: { actor: id } })
  expect(audit.items).toMatchObject([{ type: 'certificate.created', actor }])
  const about = await operator.call(operations.listAudit, { query: { subjectId: id } })
  expect(about.items).toMatchObject([
    { type: 'api_key.created', subject: { kind: 'api_key', id, name: "O'Neil & Co / Ltd" }, organization },
  ])
})

test('an equal request with an idempotency key gets the same secret', async () => {
  const headers = { 'Idempotency-Key': '"b5b2-of-the-api-keys"' }
  const send = () =>
    admin.send(operations.createApiKey, { params, headers, body: { name: 'once', role: 'viewer' } })
  const [first, second] = [await send(), await send()]
  expect(first.body.secret).toMatch(apiKeyPattern)
  expect(second.body).toEqual(first.body)
  expect(first.headers.get('location')).toBe(`/api/v1/organizations/acme/api-keys/${first.body.id}`)
})

test('a key has its scopes alone, and none makes keys', async () => {
  const { client } = await organizationKey({ role: 'admin', scopes: ['certificates:read'] })
  expect((await list(client)).status).toBe(200)
  const refused = await Promise.all([
    client.send(operations.createCertificate, { params: place, body: {} }),
    client.send(operations.listCredentials, { params }),
    client.send(operations.createApiKey, { params, body: { name: 'more', role: 'admin' } }),
    client.send(operations.createOwnApiKey, { body: { name: 'more', role: 'admin' } }),
    client.send(operations.getSession),
    client.send(operations.signIn, { body: { email: 'a@b.example', password: 'x' } }),
  ])
  expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
    refused.map(() => [403, 'api_key_not_allowed']),
  )
  expect(apiKeyScopes).toContain('certificates:write')
  expect(apiKeyScopes.filter((scope) => /^(session|api_keys|members)/.test(scope))).toEqual([])
})

test('the key of a user does what the user may at the time, in the organizations of the user', async () => {
  const email = 'key-owner@acme.example'
  const user = await addUser(postern, email, 'developer', organization)
  const everywhere = await ownKey(user, { role: 'admin' })
  const here = await ownKey(user, { role: 'viewer', organization })
  const create = async (client: ApiClient) =>
    (await client.send(operations.createCertificate, { params: place, body: {} })).status
  expect([await create(everywhere.client), await create(here.client)]).toEqual([201, 403])
  const setRole = (role: 'viewer' | 'admin') => async () =>
    queries()
      .updateTable('members')
      .set({ role })
      .where('user_id', '=', await userId(email))
      .execute()
  await setRole('viewer')()
  expect([await create(everywhere.client), (await list(everywhere.client)).status]).toEqual([403, 200])
  // A key with the role admin is none of the organization: the user is no admin.
  await setRole('admin')()
  expect([await create(everywhere.client), await create(here.client)]).toEqual([201, 403])
  await queries()
    .deleteFrom('members')
    .where('user_id', '=', await userId(email))
    .execute()
  expect([await codeOf(everywhere.client), await codeOf(here.client)]).toEqual([
    [404, 'not_found'],
    [404, 'not_found'],
  ])
})

test('a key that is limited to one organization works in no other', async () => {
  await addOrganization(postern, { slug: 'elsewhere', legalName: 'Łódź Płatności S.A.' })
  const user = await addUser(postern, 'both@acme.example', 'admin', organization)
  const { organization_id } = await queries()
    .selectFrom('members')
    .innerJoin('organizations', 'organizations.id', 'members.organization_id')
    .select('organization_id')
    .where('slug', '=', 'elsewhere')
    .executeTakeFirstOrThrow()
  const member = { id: 'mem_both', organization_id, role: 'admin' as const, created_at: 1 }
  await queries()
    .insertInto('members')
    .values({ ...member, user_id: await userId('both@acme.example') })
    .execute()
  const { client } = await ownKey(user, { organization: 'elsewhere' })
  const elsewhere = await client.send(operations.listCertificates, { params: { organization: 'elsewhere' } })
  expect([elsewhere.status, await codeOf(client)]).toEqual([200, [404, 'not_found']])
  const foreign = await admin.send(operations.createOwnApiKey, {
    body: { name: 'x', role: 'viewer', organization: 'elsewhere' },
  })
  expect([foreign.status, foreign.body.code]).toEqual([404, 'not_found'])
})

test('the key of an organization outlives its maker, and works in that organization alone', async () => {
  const maker = await addUser(postern, 'maker@acme.example', 'admin', organization)
  const input = { params, body: { name: 'Nightly', role: 'viewer' as const } }
  const { secret } = await maker.call(operations.createApiKey, input)
  const client = withApiKey(postern, secret)
  await queries()
    .deleteFrom('members')
    .where('user_id', '=', await userId('maker@acme.example'))
    .execute()
  expect(await codeOf(client)).toBe(200)
  const other = await client.send(operations.listCertificates, { params: { organization: 'globex' } })
  expect([other.status, other.body.code]).toEqual([404, 'not_found'])
})

test('keys of a suspended organization are refused as its people are', async () => {
  const { client } = await organizationKey()
  const own = await ownKey(admin)
  const setStatus = (status: 'active' | 'suspended') =>
    queries().updateTable('organizations').set({ status }).where('slug', '=', organization).execute()
  await setStatus('suspended')
  const codes = [await codeOf(client), await codeOf(own.client), await codeOf(admin)]
  await setStatus('active')
  expect(codes).toEqual(codes.map(() => [403, 'organization_suspended']))
})

test('keys of an operator read emails, monitoring and the audit log, and one of an auditor changes nothing', async () => {
  const { client } = await ownKey(operator, { role: 'operator' })
  const reading = await ownKey(operator, { role: 'auditor' })
  for (const each of [client, reading.client])
    for (const operation of [operations.listEmails, operations.listGateways, operations.listAudit])
      expect((await each.send(operation)).status).toBe(200)
  const observe = (each: ApiClient) =>
    each.send(operations.setEnforcementPolicy, { params: place, body: { mode: 'observe' } })
  expect([(await observe(client)).status, (await observe(reading.client)).status]).toEqual([200, 403])
  const scoped = await ownKey(operator, { role: 'operator', scopes: ['emails:read'] })
  expect((await scoped.client.send(operations.listEmails)).status).toBe(200)
  expect((await scoped.client.send(operations.listAudit)).body.code).toBe('api_key_not_allowed')
  for (const role of ['operator', 'auditor'] as const) {
    const refused = await admin.send(operations.createOwnApiKey, { body: { name: 'x', role } })
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden'])
  }
  // The lower of the two roles: an operator who is none any more has keys that are none either.
  const email = 'operator@postern.example'
  const setRole = (operator_role: 'operator' | null) =>
    queries().updateTable('users').set({ operator_role }).where('email', '=', email).execute()
  await setRole(null)
  try {
    await until(async () => (await client.send(operations.listAudit)).status === 403)
  } finally {
    await setRole('operator')
  }
})

test('a deleted key ends within a second, and so does its stream', { timeout: 20_000 }, async () => {
  const { id, client } = await organizationKey()
  const input = { params: place }
  const stream = await postern.fetch(toUrl(postern.portalUrl, operations.streamOrganizationChanges, input), {
    headers: client.identity(),
  })
  expect(stream.status).toBe(200)
  const ended = stream.text().then(
    () => true,
    () => true,
  )
  await admin.call(operations.deleteApiKey, { params: { organization, apiKeyId: id } })
  await until(async () => (await list(client)).body.code === 'api_key_invalid')
  expect(await ended).toBe(true)
})

test('a rotated key works with both secrets, and no other organization can rotate it', async () => {
  const { id, client } = await organizationKey()
  const at = { organization, apiKeyId: id }
  const rotated = await admin.call(operations.rotateApiKey, { params: at, body: { overlapSeconds: 3600 } })
  expect([await codeOf(client), await codeOf(withApiKey(postern, rotated.secret))]).toEqual([200, 200])
  const again = await admin.send(operations.rotateApiKey, { params: at, body: { overlapSeconds: 60 } })
  expect([again.status, again.body.code]).toEqual([409, 'api_key_secrets_full'])
  const other = await addOrganization(postern, { slug: 'rotator', legalName: 'R' })
  for (const sent of [at, { ...at, organization: 'rotator' }])
    expect(
      (await other.send(operations.rotateApiKey, { params: sent, body: { overlapSeconds: 0 } })).status,
    ).toBe(404)
})

test('a key of other networks is refused, and the address is that of the client', async () => {
  const { client } = await organizationKey({ networks: ['192.0.2.0/24'] })
  expect(await codeOf(client)).toEqual([403, 'api_key_network'])
  const near = await organizationKey({ networks: ['127.0.0.0/8', '::1/128'] })
  expect(await codeOf(near.client)).toBe(200)
})

test('each key has its own limit of requests, told in its answers', async () => {
  const [one, other] = [await organizationKey(), await organizationKey()]
  await list(one.client)
  const [first, second] = [(await list(one.client)).headers, (await list(other.client)).headers]
  expect(first.get('ratelimit')).toMatch(/^"key";r=1198;/)
  expect(second.get('ratelimit')).toMatch(/^"key";r=1199;/)
})

test('what a key is refused is summed in the audit log under its name', async () => {
  const { id, client } = await organizationKey({ name: 'curious', role: 'viewer' })
  await client.send(operations.createCertificate, { params: place, body: {} })
  await client.send(operations.listAudit)
  await postern.close()
  const { rows, used } = await withStore({ storage: postern.storage }, async (database) => ({
    rows: await database.queries.selectFrom('audit').selectAll().where('actor_id', '=', id).execute(),
    used: await database.queries
      .selectFrom('api_keys')
      .select('last_used_at')
      .where('id', '=', id)
      .executeTakeFirstOrThrow(),
  }))
  expect(rows).toMatchObject([
    { action: 'person.denied', actor_kind: 'api_key', actor_name: 'curious', subject_kind: 'api-key' },
  ])
  expect(Number(used.last_used_at)).toBeGreaterThan(0)
  expect(postern.output()).not.toMatch(/pst_[0-9A-Za-z]{20}/)
})

test('names, limits and lifetimes that are not valid are refused', () => {
  const problemOf = (given: object) =>
    NewApiKey.safeParse({ name: 'n', role: 'viewer', ...given }).error?.issues[0]?.path.join('.')
  expect(problemOf({})).toBeUndefined()
  for (const [member, values] of Object.entries({
    name: ['', ' ', 'admin@acme.example', 'x'.repeat(101), 'a\u202eb'],
    role: ['operator', 'owner'],
    scopes: [[], ['certificates'], ['api_keys:write']],
    networks: [[], ['x'.repeat(65)]],
    expiresInDays: [0, 366, 1.5],
  }))
    for (const value of values) expect(problemOf({ [member]: value })?.split('.')[0]).toBe(member)
  const own = { name: 'n', role: 'operator', organization: 'acme' }
  expect(NewOwnApiKey.safeParse(own).success).toBe(false)
})

test('the documentation has the expression that finds keys', () => {
  const pages = ['docs/api.md', 'docs/customers/api-keys.md'].map((path) =>
    readFileSync(join(import.meta.dirname, '../..', path), 'utf8'),
  )
  for (const page of pages) expect(page).toContain(apiKeyPattern.source.replaceAll(/[\^$]/g, ''))
})
