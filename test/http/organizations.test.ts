import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, createApiClient, signInFirst, toUrl } from '../support/api.ts'
import { makeRequest } from '../support/certificates.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { addOrganization, addUser, signIn, testPassword } from '../support/users.ts'

let postern: LocalPostern
let operator: ApiClient
beforeAll(async () => {
  postern = await openPostern()
  operator = await signInFirst(postern, 'operator@postern.example', testPassword)
})
afterAll(() => postern?.stop())

const lodz = { slug: 'lodz', legalName: 'Łódź Płatności S.A.', country: 'PL' }
const suspend = (organization: string, reason = 'Contract ended', by = operator) =>
  by.send(operations.suspendOrganization, { params: { organization }, body: { reason } })
const statusOf = async (organization: string) =>
  (await operator.call(operations.getOrganization, { params: { organization } })).status
const changesOf = async (organization: string) => {
  const { items } = await operator.call(operations.listAudit, { query: { organization } })
  return items.map(({ type, data }) => [type, data.before, data.after]).reverse()
}

test('an operator creates an organization once, and its slug is taken from then on', async () => {
  const headers = { 'idempotency-key': `"${randomUUID()}"` }
  const created = await operator.send(operations.createOrganization, { body: lodz, headers })
  expect([created.status, created.headers.get('location')]).toEqual([201, '/api/v1/organizations/lodz'])
  expect(created.body).toMatchObject({ ...lodz, state: '', status: 'active', statusReason: null })
  const read = await operator.send(operations.getOrganization, { params: { organization: 'lodz' } })
  expect(read.headers.get('etag')).toBe(created.headers.get('etag'))
  const repeated = await operator.send(operations.createOrganization, { body: lodz, headers })
  expect([repeated.status, repeated.headers.get('location'), repeated.body]).toEqual([
    201,
    '/api/v1/organizations/lodz',
    created.body,
  ])
  const body = { ...lodz, legalName: 'Another' }
  const answers = await Promise.all([
    operator.send(operations.createOrganization, { body }),
    operator.send(operations.createOrganization, { body: { ...body, slug: 'twice' } }),
    operator.send(operations.createOrganization, { body: { ...body, slug: 'twice' } }),
  ])
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409])
  expect(answers[0]?.body.code).toBe('organization_slug_taken')
  expect((await changesOf('lodz')).map(([type]) => type)).toEqual(['organization.created'])
})

test('a creation that was cut off before its answer is answered by the next equal request', async () => {
  const headers = { 'idempotency-key': `"${randomUUID()}"` }
  const body = { ...lodz, slug: 'cut-off' }
  const created = await operator.send(operations.createOrganization, { body, headers })
  await postern.database.queries.updateTable('idempotency_keys').set({ answer: null }).execute()
  const repeated = await operator.send(operations.createOrganization, { body, headers })
  expect([repeated.status, repeated.headers.get('location'), repeated.body]).toEqual([
    201,
    '/api/v1/organizations/cut-off',
    created.body,
  ])
})

test('an organization with bad facts is not created', async () => {
  for (const wrong of [
    { slug: 'A b' },
    { slug: '' },
    { legalName: '  ' },
    { country: 'Poland' },
    { country: 'pl' },
    { country: 'UN' },
    { state: 'Ł'.repeat(129) },
    { legalName: `${'a'.repeat(63)}\u200d${'b'.repeat(60)}` },
  ]) {
    const answer = await operator.send(operations.createOrganization, {
      body: { ...lodz, slug: 'wrong', ...wrong },
    })
    expect([wrong, answer.status]).toEqual([wrong, 400])
  }
  const { items } = await operator.call(operations.listOrganizations, { query: { text: 'wrong' } })
  expect(items).toEqual([])
})

test('facts are as long as certificates hold, in characters; a longer legal name is shortened there', async () => {
  const legalName = `${'Łódź Płatności '.repeat(12)}S.A.`
  const [params, state] = [{ organization: 'longest' }, 'Ł'.repeat(128)]
  const place = { ...params, environment: 'production' }
  await operator.call(operations.createOrganization, { body: { ...lodz, slug: 'longest', legalName, state } })
  const admin = await addUser(postern, 'admin@longest.example', 'admin', 'longest')
  const created = await admin.call(operations.createCertificate, { params: place, body: {} })
  const { subject } = await admin.call(operations.getCertificate, {
    params: { ...params, certificateId: created.id },
  })
  expect(subject).toMatchObject({ organizationName: `${'Łódź Płatności '.repeat(4)}Łódź`, state })
  const change = (body: object) => operator.send(operations.updateOrganization, { params, body })
  const refused = await change({ state: `${state}x` })
  expect([refused.status, refused.body.code]).toEqual([400, 'subject_invalid'])
  expect(refused.body.detail).toContain('129 characters; a certificate holds at most 128')
  // As an older release has stored it.
  const long = 'Ł'.repeat(200)
  const { queries } = postern.database
  await queries.updateTable('organizations').set({ state: long }).where('slug', '=', 'longest').execute()
  expect((await change({ legalName: 'Short', country: 'PL', state: long })).status).toBe(200)
  expect((await change({ state: long.slice(1) })).body.code).toBe('subject_invalid')
  expect((await change({ state: 'Łódzkie' })).status).toBe(200)
})

test('admins and operators change facts, and the tag of an organization holds still while it is used', async () => {
  const params = { organization: 'oneil' }
  const admin = await addOrganization(postern, { slug: 'oneil', legalName: "O'Neil & Co / Ltd" })
  const read = await admin.send(operations.getOrganization, { params })
  const etag = read.headers.get('etag') ?? ''
  await admin.call(operations.createCredential, {
    params: { ...params, environment: 'production' },
    body: { name: 'n' },
  })
  await addUser(postern, 'viewer@oneil.test', 'viewer', 'oneil')
  expect((await admin.send(operations.getOrganization, { params })).headers.get('etag')).toBe(etag)
  expect(await admin.call(operations.getOrganizationUse, { params })).toEqual({
    slug: 'oneil',
    certificateCount: 0,
    ownerGoneCount: 0,
    credentialCount: 1,
    memberCount: 2,
  })
  const change = { params, headers: { 'if-match': etag } }
  const body = { legalName: 'Łódź Płatności S.A.', country: 'PL' }
  const changed = await admin.send(operations.updateOrganization, { ...change, body })
  expect([changed.status, changed.body.legalName, changed.body.country]).toEqual([200, body.legalName, 'PL'])
  const late = await operator.send(operations.updateOrganization, { ...change, body: { state: 'Łódzkie' } })
  expect([late.status, late.body.code]).toEqual([412, 'precondition_failed'])
  await operator.call(operations.updateOrganization, { params, body })
  expect((await changesOf('oneil')).filter(([type]) => type === 'organization.updated')).toEqual([
    ['organization.updated', { legalName: "O'Neil & Co / Ltd", country: 'GB' }, body],
  ])
})

test('only legal moves change a status, and twice or at once gives one change', async () => {
  await addOrganization(postern, { slug: 'moves', legalName: 'Moves' })
  const params = { organization: 'moves' }
  // Each session has its own proof; the later of two of one session replaces the other.
  const other = await signIn(postern, operator.email)
  const atOnce = await Promise.all([suspend('moves'), suspend('moves', 'Contract ended', other)])
  expect(atOnce.map(({ status }) => status).sort()).toEqual([200, 409])
  expect((await suspend('moves')).body.code).toBe('organization_wrong_state')
  const close = (slug: string) =>
    operator.send(operations.closeOrganization, { params, body: { slug, reason: '' } })
  expect((await close('other')).body.code).toBe('name_does_not_match')
  expect(await statusOf('moves')).toBe('suspended')
  const again = () => operator.send(operations.reactivateOrganization, { params })
  expect([(await again()).status, (await again()).status]).toEqual([200, 409])
  expect([(await close('moves')).status, (await close('moves')).status]).toEqual([200, 409])
  expect([(await again()).body.code, (await suspend('moves')).body.code]).toEqual([
    'organization_wrong_state',
    'organization_wrong_state',
  ])
  expect(await statusOf('moves')).toBe('closed')
  expect((await changesOf('moves')).slice(2)).toEqual([
    ['organization.suspended', { status: 'active' }, { status: 'suspended', reason: 'Contract ended' }],
    ['organization.reactivated', { status: 'suspended' }, { status: 'active' }],
    ['organization.closed', { status: 'active' }, { status: 'closed' }],
  ])
})

test('a suspension ends what members do at once, and reactivation lets them in again', async () => {
  const admin = await addOrganization(postern, { slug: 'stopped', legalName: 'Stopped' })
  const params = { organization: 'stopped' }
  const stream = await postern.fetch(
    toUrl(postern.portalUrl, operations.streamOrganizationChanges, {
      params: { ...params, environment: 'production' },
    }),
    { headers: { cookie: admin.cookie() } },
  )
  expect(stream.status).toBe(200)
  await suspend('stopped')
  const denied = await admin.send(operations.listCertificates, { params })
  expect([denied.status, denied.body.code]).toEqual([403, 'organization_suspended'])
  // It would go on for as long as the client listens.
  await stream.text().catch(() => 'cut off')
  const { organizations } = await admin.call(operations.getSession)
  expect(organizations).toMatchObject([{ slug: 'stopped', status: 'suspended' }])
  const attempt = (password: string) =>
    createApiClient(postern).send(operations.signIn, { body: { email: admin.email, password } })
  const [right, wrong] = [await attempt(testPassword), await attempt('a wrong password')]
  expect([right.status, right.body.code, right.headers.get('set-cookie')]).toEqual([
    403,
    'organization_suspended',
    null,
  ])
  expect([wrong.status, wrong.body.code]).toEqual([401, 'sign_in_failed'])
  await operator.call(operations.reactivateOrganization, { params })
  expect((await admin.send(operations.listCertificates, { params })).status).toBe(200)
  await signIn(postern, admin.email)
})

test('a member of another organization as well, and an operator, still sign in', async () => {
  const { email } = await addOrganization(postern, { slug: 'half', legalName: 'Half' })
  const { queries } = postern.database
  const { id } = await queries
    .selectFrom('users')
    .select('id')
    .where('email', '=', email)
    .executeTakeFirstOrThrow()
  const acme = queries.selectFrom('organizations').select('id').where('slug', '=', 'acme')
  const member = { id: 'mem_half', user_id: id, role: 'viewer' as const, created_at: 0 }
  await queries
    .insertInto('members')
    .values({ ...member, organization_id: acme })
    .execute()
  await suspend('half')
  await signIn(postern, email)
  await queries.deleteFrom('members').where('id', '=', 'mem_half').execute()
  await queries.updateTable('users').set({ operator_role: 'operator' }).where('id', '=', id).execute()
  const both = await signIn(postern, email)
  expect((await both.send(operations.listCertificates, { params: { organization: 'half' } })).status).toBe(
    200,
  )
})

test('organizations are found by text and status, page by page', async () => {
  for (const slug of ['list-a', 'list-b', 'list-c']) await addOrganization(postern, { slug, legalName: slug })
  await suspend('list-b')
  const query = { text: 'list-', status: ['active' as const], limit: 1 }
  const page = await operator.call(operations.listOrganizations, { query })
  expect(page.items.map(({ slug }) => slug)).toEqual(['list-a'])
  const next = { query: { ...query, cursor: page.nextCursor ?? '' } }
  expect((await operator.call(operations.listOrganizations, next)).items).toMatchObject([{ slug: 'list-c' }])
  expect((await operator.call(operations.listOrganizationUse, next)).items).toEqual([
    { slug: 'list-c', certificateCount: 0, ownerGoneCount: 0, credentialCount: 0, memberCount: 1 },
  ])
  const other = { query: { ...next.query, text: 'lodz' } }
  expect((await operator.send(operations.listOrganizations, other)).body.code).toBe('cursor_invalid')
})

test('operators limit an organization below the configuration and above it, and admins read that', async () => {
  const admin = await addOrganization(postern, { slug: 'limited', legalName: 'Limited' })
  const params = { organization: 'limited' }
  const place = { ...params, environment: 'production' }
  const read = () => admin.call(operations.getOrganizationLimits, { params })
  const before = await read()
  expect(before).toMatchObject({ maxCredentials: null, defaults: { maxCredentials: 1000, maxPeople: 500 } })
  const set = (body: object) =>
    operator.send(operations.setOrganizationLimits, { params, body: body as never })
  const limits = {
    environments: [{ environment: 'production', maxCertificates: 1, certificatesPerHour: 2 }],
    maxCredentials: 1,
    emailsPerHour: null,
    maxPeople: 0,
  }
  for (const environments of [
    [{ ...limits.environments[0], environment: 'nowhere' }],
    [limits.environments[0], limits.environments[0]],
    [{ ...limits.environments[0], maxCertificates: -1 }],
  ])
    expect((await set({ ...limits, environments })).status).toBe(400)
  expect(await read()).toEqual(before)
  await set(limits)
  await set(limits)
  expect((await changesOf('limited')).filter(([type]) => type === 'organization.limits_set')).toHaveLength(1)
  expect(await read()).toMatchObject({ maxCredentials: 1, maxPeople: 0 })
  const createCredential = () =>
    admin.send(operations.createCredential, { params: place, body: { name: 'n' } })
  const atOnce = await Promise.all([createCredential(), createCredential()])
  expect(atOnce.map(({ status }) => status).sort()).toEqual([201, 409])
  expect(atOnce.map(({ body }) => body.code)).toContain('credential_limit_reached')
  const createCertificate = (csr?: string, environment = 'production') =>
    admin.send(operations.createCertificate, {
      params: { ...params, environment },
      body: csr === undefined ? {} : { csr },
    })
  const folder = mkdtempSync(`${tmpdir()}/postern-limits-`)
  expect((await createCertificate(makeRequest(folder, 'a'))).status).toBe(201)
  expect((await createCertificate(makeRequest(folder, 'b'))).body.code).toBe('certificate_limit_reached')
  await createCertificate()
  const late = await createCertificate()
  expect([late.body.code, late.headers.has('retry-after')]).toEqual(['certificate_rate_exceeded', true])
  expect((await createCertificate(undefined, 'staging')).status).toBe(201)
  rmSync(folder, { recursive: true })
  await set({ ...limits, environments: [], maxCredentials: null, maxPeople: null })
  expect(await read()).toEqual(before)
  expect((await createCertificate()).status).toBe(201)
})
