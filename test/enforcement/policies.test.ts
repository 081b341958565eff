import { randomUUID } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import type { DenialCode } from '../../src/contract/denial-codes.ts'
import type { EnforcementMode } from '../../src/contract/enforcement-policy.ts'
import type { Profile } from '../../src/contract/environment.ts'
import { enforceDue } from '../../src/enforcement/enforce-due.ts'
import { createEnforcementEmails } from '../../src/enforcement/enforcement-emails.ts'
import { createPolicyStore } from '../../src/enforcement/policy-store.ts'
import { createReadinessStore } from '../../src/enforcement/readiness-store.ts'
import { setPolicy } from '../../src/enforcement/set-policy.ts'
import { writeEmails } from '../../src/notifications/write-emails-store.ts'
import type { Actor } from '../../src/shapes/actor.ts'
import type { GatewayWatch } from '../../src/shapes/gateway-watch.ts'
import { readChanges } from '../../src/storage/change-log.ts'
import { describeOnBothEngines, type TestStore } from '../support/databases.ts'

const hour = 3_600_000
const start = 1_000 * hour
const actor: Actor = { kind: 'person', id: 'u_1', name: 'op@x.test', origin: '192.0.2.1' }
const terms = {
  enforcement: 'enforce' as EnforcementMode,
  enforcementWindowHours: 24,
  profile: 'oauth2' as Profile,
}
/** Nothing fails unless a test says so. */
const fail = (error: unknown) => {
  throw error
}
const environments = new Map([['production', { ...terms, label: 'Production' }]])

describeOnBothEngines('gradual mTLS enforcement', (store) => {
  let organizationId: string
  let now: number
  let dependencies: ReturnType<typeof makeParts>

  beforeEach(async () => {
    now = start
    organizationId = await addOrganization(store)
    dependencies = makeParts(store, () => now)
  })

  const place = () => ({ organizationId, environment: 'production' })
  const news = () => ({ ...place(), slug: organizationId, label: 'Production' })
  const decide = (mode: EnforcementMode, more: { enforceAt?: number; acceptDenied?: number } = {}) =>
    setPolicy(
      dependencies,
      actor,
      { news: news(), terms },
      {
        mode,
        enforceAt: more.enforceAt === undefined ? null : new Date(more.enforceAt).toISOString(),
        acceptDenied: more.acceptDenied ?? null,
      },
    )
  const find = () => dependencies.plans.find(place())
  /** Stores the counts of a gateway: `calls` at `at`. */
  const count = (code: DenialCode | '', calls: number, at = now, credential = '') =>
    store.database.queries
      .insertInto('readiness_hours')
      .values({
        organization_id: organizationId,
        environment: 'production',
        since: start,
        credential_id: credential,
        code,
        hour: at - (at % hour),
        calls,
        last_at: at,
        last_address: '192.0.2.9',
      })
      .execute()
  const emails = async () => {
    const rows = await store.database.queries
      .selectFrom('outbox')
      .select(['recipient', 'subject', 'body'])
      .where('organization_id', '=', organizationId)
      .orderBy('created_at')
      .orderBy('recipient')
      .execute()
    return rows.map(({ recipient, subject }) => `${recipient.split('@')[0]}: ${subject.split(' (')[0]}`)
  }
  const actions = async () => {
    const rows = await store.database.queries
      .selectFrom('audit')
      .select(['action', 'actor_name', 'before', 'after'])
      .where('organization_id', '=', organizationId)
      .orderBy('sequence')
      .execute()
    return rows.map(({ action }) => action)
  }

  test('a decision is stored, audited and sent to the gateways; repeating it changes nothing', async () => {
    await decide('observe')
    expect(await find()).toMatchObject({
      mode: 'observe',
      since: start,
      enforceAt: null,
      postponedSince: null,
    })
    now += hour
    await decide('observe')
    expect(await find()).toMatchObject({ since: start })
    await decide('observe', { enforceAt: start + 48 * hour })
    expect(await find()).toMatchObject({ since: start, enforceAt: start + 48 * hour })
    expect(await actions()).toEqual(['enforcement.decided', 'enforcement.decided'])
    const changes = await readChanges(store.database.queries, 0)
    expect(changes.filter(({ subjectId }) => subjectId === `${organizationId}/production`)).toHaveLength(2)
    expect(changes.at(-1)).toMatchObject({ kind: 'enforcement-plan' })
    expect(await emails()).toEqual(['admin: Client certificates will be required'])
  })

  test('users who were told the start date are told every change of it, and no user is told of no change', async () => {
    await decide('enforce')
    expect(await emails()).toEqual([])
    await decide('observe', { enforceAt: start + 48 * hour })
    now += 1
    await decide('observe')
    now += 1
    await decide('observe', { enforceAt: start + 48 * hour })
    now += 1
    await decide('off')
    now += 1
    await decide('observe')
    expect(await emails()).toEqual([
      'admin: Client certificates will be required',
      'admin: Client certificate requirement canceled',
      'admin: Client certificates will be required',
      'admin: Client certificate requirement canceled',
    ])
  })

  test('enforcement starts only after it was monitored for long enough, and not at an earlier date', async () => {
    await decide('off')
    await expect(decide('enforce')).rejects.toMatchObject({ code: 'enforcement_not_observed' })
    await expect(decide('off', { enforceAt: now + 48 * hour })).rejects.toMatchObject({ code: 'bad_request' })
    await decide('observe')
    now += 23 * hour
    await expect(decide('enforce')).rejects.toMatchObject({ code: 'enforcement_not_observed' })
    await expect(decide('observe', { enforceAt: now + 1 })).rejects.toMatchObject({ code: 'bad_request' })
    await expect(decide('observe', { enforceAt: now - 1 })).rejects.toMatchObject({ code: 'bad_request' })
    expect(await find()).toMatchObject({ mode: 'observe', enforceAt: null })
    now += hour
    await decide('enforce')
    expect(await find()).toMatchObject({ mode: 'enforce', since: now })
  })

  test('calls that would be denied prevent enforcement until their number is confirmed or they stop', async () => {
    await decide('observe')
    now += 30 * hour
    await count('certificate_missing', 3)
    await count('certificate_expired', 4, now - 20 * hour)
    await count('certificate_expired', 50, now - 26 * hour)
    await count('', 1000)
    await expect(decide('enforce')).rejects.toMatchObject({
      code: 'enforcement_would_deny_calls',
      message: expect.stringContaining('7 requests'),
    })
    await expect(decide('enforce', { acceptDenied: 3 })).rejects.toMatchObject({
      code: 'enforcement_would_deny_calls',
    })
    expect(await find()).toMatchObject({ mode: 'observe' })
    await decide('enforce', { acceptDenied: 7 })
    expect(await find()).toMatchObject({ mode: 'enforce' })
    expect(await emails()).toEqual([
      'admin: Client certificates are now required',
      'op: Client certificates are now required',
    ])
  })

  test('enforcement starts once on its date if no call would be denied, and all users are told', async () => {
    const enforceAt = start + 48 * hour
    await decide('observe', { enforceAt })
    await count('', 1000)
    await count('certificate_missing', 3)
    now = enforceAt - 1
    await enforceDue(dependencies, environments, fail)
    expect(await find()).toMatchObject({ mode: 'observe' })
    now = enforceAt
    await Promise.all(
      [1, 2, 3].map(() =>
        enforceDue(
          makeParts(store, () => now),
          environments,
          fail,
        ),
      ),
    )
    expect(await find()).toMatchObject({
      mode: 'enforce',
      since: enforceAt,
      enforceAt: null,
      postponedSince: null,
    })
    expect(await actions()).toEqual(['enforcement.decided', 'enforcement.began'])
    expect(await emails()).toEqual([
      'admin: Client certificates will be required',
      'admin: Client certificates are now required',
      'op: Client certificates are now required',
    ])
  })

  test('enforcement is postponed while the gateways may not have counted every call', async () => {
    const enforceAt = start + 48 * hour
    await decide('observe', { enforceAt })
    now = enforceAt
    const since = enforceAt - 2 * hour
    const watching = (more: Partial<GatewayWatch>) =>
      enforceDue(
        makeParts(store, () => now, more),
        environments,
        fail,
      )
    await watching({ since, reason: 'none_running' })
    expect(await find()).toMatchObject({ mode: 'observe', postponedSince: enforceAt })
    expect(await emails()).toContain('admin: Client certificates are not required yet')
    // Nobody looks after the gateways any more.
    now = since + 30 * hour
    await watching({ since, seenAt: now - hour })
    expect(await find()).toMatchObject({ mode: 'observe' })
    await watching({ since })
    expect(await find()).toMatchObject({ mode: 'enforce' })
  })

  test('a policy that cannot be enforced holds up no other', async () => {
    const enforceAt = start + 48 * hour
    await decide('observe', { enforceAt })
    now = enforceAt
    const { plans } = dependencies
    const failures: unknown[] = []
    const bad = { ...place(), environment: 'staging', slug: organizationId }
    const parts = {
      ...dependencies,
      plans: {
        ...plans,
        listDue: async (at: number) => [bad, ...(await plans.listDue(at))],
        change: ((scope, ...rest) =>
          scope.environment === 'staging'
            ? Promise.reject(new Error('broken'))
            : plans.change(scope, ...rest)) as typeof plans.change,
      },
    }
    await enforceDue(parts, new Map([...environments, ['staging', terms]]), (error) => failures.push(error))
    expect(failures).toEqual([new Error('broken')])
    expect(await find()).toMatchObject({ mode: 'enforce' })
  })

  test('FAPI 2.0 always requires certificates: no policy changes that, and none starts', async () => {
    const fapi = { ...terms, profile: 'fapi2' as const }
    const lift = { mode: 'off', enforceAt: null, acceptDenied: null } as const
    await expect(setPolicy(dependencies, actor, { news: news(), terms: fapi }, lift)).rejects.toMatchObject({
      code: 'conflict',
    })
    expect(await find()).toBeUndefined()
    await decide('observe', { enforceAt: start + 48 * hour })
    now = start + 49 * hour
    await enforceDue(dependencies, new Map([['production', fapi]]), fail)
    expect(await find()).toMatchObject({ mode: 'observe' })
    expect(await actions()).toEqual(['enforcement.decided'])
  })

  test('enforcement is postponed while calls would be denied, reported once, and continues when they stop', async () => {
    const enforceAt = start + 48 * hour
    await decide('observe', { enforceAt })
    await count('certificate_revoked', 5, enforceAt - hour)
    now = enforceAt
    await Promise.all(
      [1, 2].map(() =>
        enforceDue(
          makeParts(store, () => now),
          environments,
          fail,
        ),
      ),
    )
    now += 60_000
    await enforceDue(dependencies, environments, fail)
    expect(await find()).toMatchObject({
      mode: 'observe',
      since: start,
      enforceAt,
      postponedSince: enforceAt,
    })
    now = enforceAt + 23 * hour
    await enforceDue(dependencies, environments, fail)
    expect(await find()).toMatchObject({ mode: 'enforce', enforceAt: null, postponedSince: null })
    expect(await actions()).toEqual(['enforcement.decided', 'enforcement.held', 'enforcement.began'])
    expect(await emails()).toEqual([
      'admin: Client certificates will be required',
      'admin: Client certificates are not required yet',
      'op: Client certificates are not required yet',
      'admin: Client certificates are now required',
      'op: Client certificates are now required',
    ])
  })

  test('simultaneous decisions are applied one after the other, and none is lost', async () => {
    await decide('observe')
    now += 30 * hour
    const outcomes = await Promise.allSettled([decide('enforce'), decide('off'), decide('observe')])
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0)
    const chain = await store.database.queries
      .selectFrom('audit')
      .select(['before', 'after'])
      .where('organization_id', '=', organizationId)
      .orderBy('sequence')
      .execute()
    for (const [index, { before }] of chain.entries())
      expect(before).toEqual(index === 0 ? null : chain[index - 1]?.after)
    expect(JSON.parse(chain.at(-1)?.after ?? '').mode).toBe((await find())?.mode)
  })

  test('the report adds up counts by cause and client, for the organization and period only', async () => {
    await decide('observe')
    const credential = await addCredential(store, organizationId)
    await count('certificate_missing', 3, start, credential)
    await count('certificate_missing', 4, start + hour, credential)
    await count('certificate_expired', 1, start + 2 * hour)
    await count('', 10)
    const other = await addOrganization(store)
    await store.database.queries
      .insertInto('readiness_hours')
      .values(
        [
          { organization_id: other, since: start },
          { organization_id: organizationId, since: start - 1 },
        ].map((one) => ({
          ...one,
          environment: 'production',
          credential_id: '',
          code: 'certificate_missing',
          hour: start,
          calls: 99,
          last_at: start,
          last_address: '198.51.100.1',
        })),
      )
      .execute()
    const sum = await dependencies.readiness.sum(place(), start, start + hour)
    expect(sum).toEqual({ passing: 10, refused: 8, recent: 1 })
    expect(await dependencies.readiness.listCauses(place(), start)).toEqual([
      {
        code: 'certificate_expired',
        credential: null,
        calls: 1,
        lastAt: start + 2 * hour,
        lastAddress: '192.0.2.9',
      },
      {
        code: 'certificate_missing',
        credential: { id: credential, clientId: expect.any(String), name: 'Billing' },
        calls: 7,
        lastAt: start + hour,
        lastAddress: '192.0.2.9',
      },
    ])
    await dependencies.readiness.forgetOld(start + 2 * hour)
    expect(await dependencies.readiness.sum(place(), start, 0)).toEqual({ passing: 0, refused: 1, recent: 1 })
  })
})

/** `watched` is what is known of the gateways, which report without a gap by default. */
function makeParts({ database }: TestStore, now: () => number, watched: Partial<GatewayWatch> = {}) {
  return {
    plans: createPolicyStore(database, writeEmails),
    readiness: createReadinessStore(database),
    letters: createEnforcementEmails('http://portal.test'),
    readWatch: async () => ({ since: start, seenAt: now(), reason: '', ...watched }),
    clock: { now },
  }
}

/** Creates an organization with one admin, one viewer, and the operator of all. */
async function addOrganization({ database: { queries } }: TestStore): Promise<string> {
  const id = `org_${randomUUID().slice(0, 8)}`
  await queries
    .insertInto('organizations')
    .values({
      id,
      slug: id.replace('_', '-'),
      legal_name: 'Łódź S.A.',
      country: 'PL',
      state: '',
      created_at: 1,
    })
    .execute()
  await queries.updateTable('users').set({ operator_role: null }).execute()
  for (const [role, name] of [
    ['admin', 'admin'],
    ['viewer', 'viewer'],
    ['', 'op'],
  ] as const) {
    const user = `${name}_${id}`
    await queries
      .insertInto('users')
      .values({
        id: user,
        email: `${name}@${id}.test`,
        email_verified: 1,
        name,
        image: null,
        operator_role: role === '' ? 'operator' : null,
        must_change_password: 0,
        created_at: '',
        updated_at: '',
      })
      .execute()
    if (role !== '')
      await queries
        .insertInto('members')
        .values({ id: `mem_${user}`, organization_id: id, user_id: user, role, created_at: 1 })
        .execute()
  }
  return id
}

async function addCredential({ database }: TestStore, organizationId: string): Promise<string> {
  const id = `cred_${randomUUID()}`
  await database.queries
    .insertInto('credentials')
    .values({
      id,
      organization_id: organizationId,
      environment: 'production',
      name: 'Billing',
      description: '',
      client_id: id,
      scopes: 'null',
      networks: 'null',
      certificate_ids: 'null',
      created_at: 1,
      created_by: 'test',
    })
    .execute()
  return id
}
