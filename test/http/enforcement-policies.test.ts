import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, createApiClient, signInFirst } from '../support/api.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { addOrganization } from '../support/users.ts'

const params = { organization: 'lodz', environment: 'production' }
let postern: LocalPostern
let operator: ApiClient
let own: ApiClient
let other: ApiClient

beforeAll(async () => {
  postern = await openPostern()
  operator = await signInFirst(postern, 'operator@postern.example')
  own = await addOrganization(postern, { slug: 'lodz', legalName: 'Łódź Płatności S.A.' })
  other = await addOrganization(postern, { slug: 'oneil', legalName: "O'Neil & Co / Ltd" })
}, 60_000)
afterAll(() => postern?.stop())

const set = (body: unknown, where = params, as = operator) =>
  as.send(operations.setEnforcementPolicy, { params: where, body: body as never })
const get = () => own.call(operations.getEnforcementPolicy, { params })
const observe = { mode: 'observe' }

/** Counts a call without a certificate, as the gateway of the environment does while it observes. */
async function countCall(slug: string): Promise<void> {
  const { queries } = postern.database
  const { id, since } = await queries
    .selectFrom('enforcement_plans')
    .innerJoin('organizations', 'organizations.id', 'organization_id')
    .select(['organizations.id', 'since'])
    .where('slug', '=', slug)
    .where('environment', '=', 'production')
    .executeTakeFirstOrThrow()
  const at = Date.now()
  const hour = at - (at % 3_600_000)
  const call = { organization_id: id, environment: 'production', since, hour, calls: 1, last_at: at }
  const cause = { code: 'certificate_missing' as const, credential_id: '', last_address: '192.0.2.9' }
  await queries
    .insertInto('readiness_hours')
    .values({ ...call, ...cause })
    .execute()
}

test('an invalid enforcement policy is rejected and changes nothing', async () => {
  await set(observe)
  const before = await get()
  const tomorrow = new Date(Date.now() + 86_300_000).toISOString()
  for (const body of [
    {},
    { mode: 'sometimes' },
    { mode: 'observe', enforceAt: 'tomorrow' },
    { mode: 'observe', enforceAt: '2026-13-01T00:00:00Z' },
    { mode: 'observe', enforceAt: tomorrow },
    { mode: 'off', enforceAt: '2099-01-01T00:00:00.000Z' },
    { mode: 'enforce', enforceAt: '2099-01-01T00:00:00.000Z' },
    { mode: 'enforce', acceptDenied: -1 },
    { mode: 'enforce', acceptDenied: 0.5 },
    { mode: 'enforce', acceptDenied: 1e300 },
    { mode: 'enforce', acceptDenied: '0' },
    { mode: 'observe', since: '2020-01-01T00:00:00.000Z' },
    [],
    'observe',
  ]) {
    const { status, body: answer } = await set(body)
    expect({ body, status, code: answer.code }).toEqual({ body, status: 400, code: 'bad_request' })
  }
  for (const [acceptDenied, code] of [
    [null, 'enforcement_not_observed'],
    [1, 'enforcement_would_deny_calls'],
  ]) {
    const { status, body } = await set({ mode: 'enforce', acceptDenied })
    expect({ status, code: body.code }).toEqual({ status: 409, code })
  }
  expect(await get()).toEqual(before)
})

test('a policy that another operator has changed since is not overwritten', async () => {
  const where = { ...params, organization: 'oneil' }
  await set(observe, where)
  const read = () => operator.send(operations.getEnforcementPolicy, { params: where })
  const seen = (await read()).headers.get('etag') ?? ''
  expect(seen).toMatch(/^"[\w-]{24}"$/)
  await countCall('oneil')
  expect((await read()).headers.get('etag')).toBe(seen)
  const impact = await operator.call(operations.getEnforcementImpact, { params: where })
  expect(impact).toMatchObject({ deniedCalls: 1, causes: [{ code: 'certificate_missing', calls: 1 }] })
  const change = (mode: 'off' | 'observe', etag: string) =>
    operator.send(operations.setEnforcementPolicy, {
      params: where,
      body: { mode },
      headers: { 'if-match': etag },
    })
  const changed = await change('off', seen)
  expect(changed.status).toBe(200)
  expect(changed.headers.get('etag')).toBe((await read()).headers.get('etag'))
  const late = await change('observe', seen)
  expect([late.status, late.body.code]).toEqual([412, 'precondition_failed'])
  expect((await read()).body.mode).toBe('off')
})

test('an unknown organization or environment is not found, and another organization learns nothing', async () => {
  expect((await set(observe, { ...params, organization: 'nobody' })).status).toBe(404)
  expect((await set(observe, { ...params, environment: 'nowhere' })).status).toBe(404)
  for (const organization of ['lodz', 'nobody']) {
    const where = { ...params, organization }
    expect((await other.send(operations.getEnforcementPolicy, { params: where })).status).toBe(404)
    expect((await other.send(operations.getEnforcementImpact, { params: where })).status).toBe(404)
    expect((await other.send(operations.countOrganizationDenials, { params: where })).status).toBe(404)
    expect((await set(observe, where, other)).status).toBe(403)
    expect((await set(observe, where, createApiClient(postern))).status).toBe(401)
  }
})

test('lists and emails use the display name of an organization', async () => {
  await set({ mode: 'observe', enforceAt: '2099-01-01T00:00:00.000Z' })
  const { items } = await operator.call(operations.listEnforcementPolicies, { query: { limit: 200 } })
  const rows = items.filter(({ organization }) => organization.slug === 'lodz')
  expect(
    rows.map(({ organization, environment, mode }) => [organization.legalName, environment, mode]),
  ).toEqual([
    ['Łódź Płatności S.A.', 'production', 'observe'],
    ['Łódź Płatności S.A.', 'staging', 'enforce'],
  ])
  const first = await operator.call(operations.listEnforcementPolicies, { query: { limit: 1 } })
  expect(new Set(first.items.map(({ organization }) => organization.slug)).size).toBe(1)
  const cursor = first.nextCursor ?? ''
  const second = await operator.call(operations.listEnforcementPolicies, { query: { limit: 1, cursor } })
  expect(second.items[0]?.organization.slug).not.toBe(first.items[0]?.organization.slug)
  const { body } = await operator.send(operations.listEnforcementPolicies, {
    query: { cursor: 'x' } as never,
  })
  expect(body.code).toBe('cursor_invalid')
})

test('the list of denials rejects malformed filters, and is empty for unknown causes and organizations', async () => {
  for (const query of [
    { code: 'No code' },
    { organization: "'; drop table activity" },
    { cursor: '***' },
    { limit: 0 },
  ]) {
    const { status } = await operator.send(operations.listDenials, { query: query as never })
    expect({ query, status }).toEqual({ query, status: 400 })
  }
  expect(
    (await operator.send(operations.countDenials, { query: { range: 'century' } as never })).status,
  ).toBe(400)
  const from = '2026-11-01T00:00:00Z'
  for (const [query, status] of [
    [{ range: 'day', from }, 400],
    [{ from: 'yesterday' }, 400],
    [{ from }, 200],
    [{ to: from }, 200],
  ] as const) {
    const answers = await Promise.all([
      operator.send(operations.countDenials, { query: query as never }),
      operator.send(operations.countOrganizationDenials, { params, query: query as never }),
    ])
    expect(answers.map((answer) => answer.status)).toEqual([status, status])
  }
  expect((await operator.send(operations.listDenials, { query: { from: 'yesterday' } })).status).toBe(400)
  for (const query of [
    { organization: 'nobody', environment: 'nowhere' },
    { code: 'code_of_a_later_release' },
  ])
    expect(await operator.call(operations.listDenials, { query })).toEqual({ items: [], nextCursor: null })
})
