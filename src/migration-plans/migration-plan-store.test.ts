import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import { describeOnBothEngines, type TestStore } from '../../test/support/databases.ts'
import { makeMigrationDependencies } from '../../test/support/migration-dependencies.ts'
import type { CertificatePurpose } from '../contract/environment.ts'
import type { NewMigration } from '../contract/migration.ts'
import type { Actor } from '../shapes/actor.ts'
import { selectIssuerUse } from './external-use-store.ts'
import { followPlans } from './follow-plans.ts'
import { selectWithCertificates } from './migration-plan-store.ts'
import { setMigration } from './set-migration.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const start = Date.parse('2027-02-01T08:00:00Z')
const actor: Actor = { kind: 'person', id: 'usr_1', name: 'op@x.test', origin: '192.0.2.1' }
const terms = { externalCertificates: 'pinned' as const, enforcementWindowHours: 24 }
const environments = new Map([['production', { ...terms, label: 'Production' }]])
const own = ['Łódź Płatności S.A. has to move.', 'Call +44 20 7946 0000.']

describeOnBothEngines('the plan to leave certificates from other CAs', (store) => {
  let organizationId: string
  let now: number
  let dependencies: ReturnType<typeof makeMigrationDependencies>

  beforeEach(async () => {
    now = start
    organizationId = await addOrganization(store)
    dependencies = makeMigrationDependencies(store, () => now)
  })

  const place = () => ({ organizationId, environment: 'production' })
  const news = () => ({ ...place(), slug: organizationId, label: 'Production' })
  const set = (given: { deadline?: number | null; exceptionUntil?: number; acceptDenied?: number }) =>
    setMigration(dependencies, actor, { news: news(), terms }, toBody(given))
  const find = () => dependencies.plans.find(place())
  const failures: unknown[] = []
  const follow = () => followPlans(dependencies, environments, (error) => failures.push(error))
  /** Lets time pass; the task looks every `everyMs`. */
  const passUntil = async (moment: number, everyMs: number) => {
    for (now = Math.min(now + everyMs, moment); ; now = Math.min(now + everyMs, moment)) {
      await follow()
      if (now === moment) return
    }
  }
  const emails = async () => {
    const rows = await store.database.queries
      .selectFrom('outbox')
      .select(['recipient', 'subject', 'body', 'created_at'])
      .where('organization_id', '=', organizationId)
      .orderBy('created_at')
      .orderBy('recipient')
      .execute()
    return rows.map(({ recipient, subject }) => `${recipient.split('@')[0]}: ${subject.split(' (')[0]}`)
  }
  const actions = async () => {
    const rows = await store.database.queries
      .selectFrom('audit')
      .select('action')
      .where('organization_id', '=', organizationId)
      .orderBy('sequence')
      .execute()
    return rows.map(({ action }) => action)
  }
  const add = (name: string, changes: Partial<External> = {}) =>
    addCertificate(store, { organizationId, name, notAfter: start + 300 * day, ...changes })
  const count = (certificateId: string, calls: number, at = now) =>
    countCalls(store, organizationId, certificateId, { calls, at })

  test('is told with own words, reminded of once per step, decided before the deadline and ended at it', async () => {
    await add('acme-0001')
    const deadline = start + 10 * day
    await set({ deadline })
    await passUntil(deadline - hour, 6 * hour)
    expect(await find()).toMatchObject({ endsAt: null, remindedDays: 1 })
    await passUntil(deadline - 14 * minute, minute)
    expect(await find()).toMatchObject({ endsAt: deadline, postponedSince: null })
    await passUntil(deadline + minute, minute)
    expect(await find()).toMatchObject({ endsAt: deadline, nextStepAt: null })
    expect(await actions()).toEqual(['migration.decided', 'migration.confirmed', 'migration.ended'])
    expect(await emails()).toEqual([
      'admin: Replace your certificates from other CAs',
      'admin: Certificates from other CAs end soon',
      'admin: Certificates from other CAs end soon',
      'admin: Certificates from other CAs are no longer accepted',
      'op: Certificates from other CAs are no longer accepted',
    ])
    const [first] = await store.database.queries
      .selectFrom('outbox')
      .select('body')
      .where('organization_id', '=', organizationId)
      .orderBy('created_at')
      .execute()
    for (const line of own) expect(first?.body).toContain(line)
    // A restore takes none of this back.
    const journaled = await store.database.queries
      .selectFrom('journal')
      .select('row_key')
      .where('table_name', '=', 'migration_plans')
      .where('row_key', '=', `${organizationId} production`)
      .execute()
    expect(journaled.length).toBeGreaterThanOrEqual(2)
  })

  test('is postponed while calls would be denied, once, and ends after a whole window without them', async () => {
    const certificate = await add('acme-0001')
    const deadline = start + 2 * day
    await set({ deadline })
    await count(certificate, 7, deadline - hour)
    await passUntil(deadline + hour, 30 * minute)
    expect(await find()).toMatchObject({ endsAt: null, postponedSince: deadline })
    expect(await dependencies.plans.readUse(place(), { since: now - day, now })).toMatchObject({
      certificates: 1,
      externalCalls: 7,
      otherCalls: 0,
    })
    await passUntil(deadline + 26 * hour, 30 * minute)
    const ended = await find()
    expect(ended?.postponedSince).toBeNull()
    expect(ended?.endsAt).toBeGreaterThanOrEqual(deadline + 23 * hour)
    expect(await actions()).toEqual(['migration.decided', 'migration.postponed', 'migration.ended'])
    const subjects = (await emails()).filter((line) => line.startsWith('op:'))
    expect(subjects).toEqual([
      'op: Certificates from other CAs are still accepted',
      'op: Certificates from other CAs are no longer accepted',
    ])
  })

  test('is not told to people who are deactivated', async () => {
    await add('acme-0001')
    await store.database.queries
      .updateTable('users')
      .set({ deactivated_at: 1 })
      .where('id', 'in', [`admin_${organizationId}`, `op_${organizationId}`])
      .execute()
    const deadline = start + 2 * day
    await set({ deadline })
    await passUntil(deadline + minute, 6 * hour)
    expect((await find())?.endsAt).not.toBeNull()
    expect(await emails()).toEqual([])
  })

  test('is followed although that of another fails', async () => {
    const broken = organizationId
    await set({ deadline: start + 2 * day })
    organizationId = await addOrganization(store)
    await set({ deadline: start + 2 * day })
    const { queries } = store.database
    const ofBroken = queries.updateTable('migration_plans').where('organization_id', '=', broken)
    await ofBroken.set({ message: 'not JSON' }).execute()
    now = start + 2 * day
    await follow()
    expect((await find())?.endsAt).toBe(now)
    expect(failures.splice(0)).toEqual([expect.any(SyntaxError)])
    await ofBroken.set({ message: '[]' }).execute()
  })

  test('is postponed while it is not known whether calls came, and says why', async () => {
    await add('acme-0001')
    const deadline = start + 2 * day
    await set({ deadline })
    // The gateways were away for a while on the day before.
    dependencies.readWatch = async () => ({ since: deadline - 2 * hour, seenAt: now, reason: 'none_running' })
    await passUntil(deadline + hour, 30 * minute)
    expect(await find()).toMatchObject({ endsAt: null, postponedSince: deadline })
    const [letter] = await store.database.queries
      .selectFrom('outbox')
      .select('body')
      .where('organization_id', '=', organizationId)
      .where('key', 'like', 'migration-postponed:%')
      .execute()
    expect(letter?.body.replaceAll(/\s+/g, ' ')).toContain('the gateways have not reported without a gap')
    await passUntil(deadline + 23 * hour, 30 * minute)
    expect(await find()).toMatchObject({ endsAt: deadline + 22 * hour, postponedSince: null })
  })

  test('keeps nothing that was decided while the gateways reported, once they do not', async () => {
    await add('acme-0001')
    const deadline = start + 2 * day
    await set({ deadline })
    await passUntil(deadline - 10 * minute, 5 * minute)
    expect((await find())?.endsAt).toBe(deadline)
    dependencies.readWatch = async () => ({ since: 0, seenAt: now - 2 * minute, reason: '' })
    await follow()
    expect((await find())?.endsAt).toBeNull()
  })

  test('is looked at again after the clock was ahead, and postponed when calls come', async () => {
    const certificate = await add('acme-0001')
    const deadline = start + 2 * day
    await set({ deadline })
    now = deadline + 10 * day
    await follow()
    expect(await find()).toMatchObject({ endsAt: now, nextStepAt: null })
    now = deadline + minute
    await count(certificate, 3)
    await follow()
    await follow()
    expect(await find()).toMatchObject({ endsAt: null, postponedSince: now })
  })

  test('loses its decision when a call comes in shortly before the deadline', async () => {
    const certificate = await add('acme-0001')
    const deadline = start + 2 * day
    await set({ deadline })
    await passUntil(deadline - 10 * minute, 10 * minute)
    expect((await find())?.endsAt).toBe(deadline)
    await count(certificate, 1)
    await passUntil(deadline + minute, minute)
    expect(await find()).toMatchObject({ endsAt: null, postponedSince: deadline })
  })

  test('is kept although calls would be denied if an operator names their number', async () => {
    const certificate = await add('acme-0001')
    const deadline = start + 2 * day
    await set({ deadline })
    await count(certificate, 7, deadline - hour)
    await passUntil(deadline + minute, 10 * minute)
    for (const acceptDenied of [0, 6, 8])
      await expect(set({ deadline, acceptDenied })).rejects.toMatchObject({
        code: 'migration_would_deny_calls',
      })
    expect((await find())?.endsAt).toBeNull()
    await set({ deadline, acceptDenied: 7 })
    expect(await find()).toMatchObject({ endsAt: now, postponedSince: null, acceptedDenied: 7 })
    await follow()
    expect((await emails()).at(-1)).toBe('op: Certificates from other CAs are no longer accepted')
    // Another deadline begins anew, and the certificates are accepted until then.
    await set({ deadline: now + 30 * day })
    expect(await find()).toMatchObject({ endsAt: null, acceptedDenied: null, remindedDays: null })
  })

  test('is decided once after everything was asleep for a week, and not told twice', async () => {
    await add('acme-0001')
    const deadline = start + 3 * day
    await set({ deadline })
    now = deadline + 7 * day
    await Promise.all([follow(), follow()])
    await follow()
    expect(await find()).toMatchObject({ endsAt: now, nextStepAt: null })
    expect((await emails()).filter((line) => line.includes('no longer accepted'))).toHaveLength(2)
    expect(await actions()).toEqual(['migration.decided', 'migration.ended'])
  })

  test('rejects times that are too early, past or too far away, and changes nothing', async () => {
    await set({ deadline: start + 2 * day, exceptionUntil: start + day })
    const before = await find()
    for (const given of [
      { deadline: start + 23 * hour },
      { deadline: start - 1, acceptDenied: 0 },
      { deadline: null, acceptDenied: 0 },
      { deadline: start + 2 * day, exceptionUntil: start },
      { deadline: start + 2 * day, exceptionUntil: start + 367 * day },
    ])
      await expect(set(given)).rejects.toMatchObject({ code: 'bad_request' })
    expect(await find()).toEqual(before)
    const off = { ...terms, externalCertificates: 'off' as const }
    await expect(
      setMigration(dependencies, actor, { news: news(), terms: off }, toBody({})),
    ).rejects.toMatchObject({ code: 'external_certificates_off' })
    expect(await actions()).toEqual(['migration.decided'])
  })

  test('shows certificates and calls by issuer and purpose, and only what is valid', async () => {
    const client = await add('acme-0001', { issuer: 'CN=Issuing CA 1' })
    const server = await add('acme-0002', { issuer: 'CN=Issuing CA 2', purpose: 'server_auth' })
    await add('acme-0003', { issuer: 'CN=Issuing CA 2', purpose: 'server_auth', notAfter: start + 9 * day })
    await add('acme-0004', { notAfter: start - day })
    await add('acme-0005', { status: 'revoked' })
    const postern = await add('acme-0006', { source: 'postern' })
    await count(client, 3)
    await count(server, 4)
    await count(server, 90, start - 26 * hour)
    await count(postern, 5)
    const use = await dependencies.plans.readUse(place(), { since: now - day, now })
    expect(use).toEqual({
      certificates: 3,
      externalCalls: 7,
      otherCalls: 5,
      exceptionCertificates: 2,
      exceptionCalls: 4,
      issuers: [
        {
          issuer: 'CN=Issuing CA 2',
          purpose: 'server_auth',
          certificates: 2,
          calls: 4,
          lastNotAfter: start + 300 * day,
        },
        {
          issuer: 'CN=Issuing CA 1',
          purpose: 'client_auth',
          certificates: 1,
          calls: 3,
          lastNotAfter: start + 300 * day,
        },
      ],
    })
  })

  test('is listed page by page for all who have such certificates or a plan, or only for those who are left', async () => {
    const [left, moved, planned, none] = [
      organizationId,
      await addOrganization(store),
      await addOrganization(store),
      await addOrganization(store),
    ]
    await add('acme-0001')
    await add('acme-0002')
    await addCertificate(store, {
      organizationId: moved,
      name: 'm-0001',
      status: 'revoked',
      notAfter: start + day,
    })
    organizationId = planned
    await set({ deadline: start + 2 * day })
    const list = async (only?: 'remaining') => {
      const found: string[] = []
      for (let cursor: string | undefined; ; ) {
        const page = await dependencies.plans.list({ cursor, limit: 1, ...(only && { only }) }, now)
        found.push(...page.items.map((item) => item.organizationId))
        if (page.nextCursor === null) return found.filter((id) => [left, moved, planned, none].includes(id))
        cursor = page.nextCursor
      }
    }
    expect(new Set(await list())).toEqual(new Set([left, moved, planned]))
    expect(await list()).toHaveLength(3)
    expect(await list('remaining')).toEqual([left])
  })

  test('is read by indexes', async () => {
    const { queries, engine } = store.database
    const selects = [
      selectIssuerUse(queries, place(), now - day, now),
      selectWithCertificates(queries, {}, ['org_1', 'production'], undefined).limit(51),
      selectWithCertificates(queries, {}, ['org_1', 'production'], now).limit(51),
      selectWithCertificates(queries, {}, undefined, now).limit(51),
    ]
    await queries.transaction().execute(async (tx) => {
      if (engine === 'postgres') await sql`set local enable_seqscan = off`.execute(tx)
      for (const query of selects) {
        const compiled = query.compile()
        const words = engine === 'sqlite' ? 'explain query plan' : 'explain'
        const { rows } = await tx.executeQuery({ ...compiled, sql: `${words} ${compiled.sql}` })
        const plan = JSON.stringify(rows)
        // SQLite knows no numbers of rows: it takes what fits best.
        if (engine === 'sqlite') expect(plan).toContain('certificates_external')
        expect(plan).not.toMatch(
          /SCAN (?:certificates|usage)\b(?! USING)|Seq Scan on (?:certificates|usage)\b/,
        )
      }
    })
  })
})

const toText = (moment: number | null | undefined) => (moment == null ? null : new Date(moment).toISOString())

const toBody = (given: {
  deadline?: number | null
  exceptionUntil?: number
  acceptDenied?: number
}): NewMigration => ({
  deadline: toText(given.deadline),
  exceptionUntil: toText(given.exceptionUntil),
  message: own,
  acceptDenied: given.acceptDenied ?? null,
})

/** Creates an organization with one admin and one viewer, and the operator of all. */
async function addOrganization({ database: { queries } }: TestStore): Promise<string> {
  const id = `org_${randomUUID().slice(0, 8)}`
  const named = { id, slug: id.replace('_', '-'), legal_name: 'Łódź S.A.', country: 'PL', state: '' }
  await queries
    .insertInto('organizations')
    .values({ ...named, created_at: 1 })
    .execute()
  await queries.updateTable('users').set({ operator_role: null }).execute()
  for (const name of ['admin', 'viewer', 'op'] as const) {
    const user = { id: `${name}_${id}`, email: `${name}@${id}.test`, name }
    const usual = { email_verified: 1, image: null, must_change_password: 0, created_at: '', updated_at: '' }
    const operator_role = name === 'op' ? ('operator' as const) : null
    await queries
      .insertInto('users')
      .values({ ...user, ...usual, operator_role })
      .execute()
    if (name !== 'op')
      await queries
        .insertInto('members')
        .values({ id: `mem_${user.id}`, organization_id: id, user_id: user.id, role: name, created_at: 1 })
        .execute()
  }
  return id
}

interface External {
  organizationId: string
  name: string
  issuer: string
  purpose: CertificatePurpose
  source: 'pinned' | 'postern'
  status: 'issued' | 'revoked'
  notAfter: number
}

async function addCertificate(
  { database: { queries } }: TestStore,
  {
    organizationId,
    name,
    issuer = 'CN=Issuing CA 1',
    purpose = 'client_auth',
    ...more
  }: Partial<External> & Pick<External, 'organizationId' | 'name' | 'notAfter'>,
): Promise<string> {
  const id = `cert_${randomUUID()}`
  const { source = 'pinned', status = 'issued', notAfter } = more
  await queries
    .insertInto('certificates')
    .values({
      ...{ id, organization_id: organizationId, environment: 'production', name, status, source },
      ...{ number: Number(name.slice(-4)), not_before: 1, not_after: notAfter, key_kind: 'ec-p256' },
      ...{ external_issuer: issuer, external_purpose: purpose, description: '', owner: '' },
      ...{ related_service: '', rotation_policy: '', contacts: '[]', certified_subject: '{}' },
      ...{ organization_name: '', country: '', state: '', created_at: 1, created_by: 'test' },
      search_text: '',
    })
    .execute()
  return id
}

/** Stores calls as a gateway reports them. */
async function countCalls(
  { database: { queries } }: TestStore,
  organizationId: string,
  certificateId: string,
  { calls, at }: { calls: number; at: number },
): Promise<void> {
  const span = { grain: 'hour', start: at - (at % hour) }
  await queries
    .insertInto('usage')
    .values({ certificate_id: certificateId, ...span, ok: calls })
    .execute()
  await queries
    .insertInto('organization_usage')
    .values({ organization_id: organizationId, environment: 'production', ...span, ok: calls })
    .onConflict((conflict) =>
      conflict
        .columns(['organization_id', 'environment', 'grain', 'start'])
        .doUpdateSet((e) => ({ ok: e('organization_usage.ok', '+', e.ref('excluded.ok')) })),
    )
    .execute()
}
