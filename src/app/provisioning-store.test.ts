import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { memberships } from '../../test/support/memberships.ts'
import { provisionedAccounts } from '../accounts/provisioned-user-store.ts'
import { readJournals } from '../backup/journal-files.ts'
import { createJournalLines } from '../backup/journal-line.ts'
import { createJournal } from '../backup/keep-journal-store.ts'
import { replayJournal } from '../backup/replay-journal-store.ts'
import { createProvisioningStore } from '../scim/provisioning-store.ts'
import { readPatch, readPerson } from '../scim/read-body.ts'
import { createScimUserStore, type ScimUser } from '../scim/scim-user-store.ts'
import { systemActor } from '../shapes/actor.ts'
import { toMasterKey } from '../shapes/master-key.ts'
import type { Database } from '../storage/database.ts'

const now = Date.parse('2027-03-04T08:00:00Z')
const act = { actor: systemActor('test'), now }
const organizationId = 'org_acme'

describeWithFreshStores('provisioned users', (store) => {
  beforeEach(async () => {
    const { queries } = store.database
    for (const id of [organizationId, 'org_globex'])
      await queries
        .insertInto('organizations')
        .values({ id, slug: id.slice(4), legal_name: id, country: 'GB', state: '', created_at: 1 })
        .execute()
    await queries
      .insertInto('single_sign_on_domains')
      .values({ organization_id: organizationId, domain: 'acme.example', challenge: 'x', proven_at: 1 })
      .execute()
    await queries
      .insertInto('single_sign_on_domains')
      .values({ organization_id: 'org_globex', domain: 'acme.test', challenge: 'y', proven_at: null })
      .execute()
  })

  const open = (database: Database = store.database) =>
    createProvisioningStore({ database, memberships, accounts: provisionedAccounts })
  const person = (name: string, more: object = {}) =>
    readPerson({
      userName: `${name}@acme.example`,
      externalId: name,
      roles: [{ value: 'developer' }],
      ...more,
    })
  const create = (name: string, more: object = {}) => open().create(organizationId, person(name, more), act)
  const change = (id: string, operations: unknown[], database?: Database) =>
    open(database).change(keyOf(id), readPatch({ Operations: operations }), act)
  const keyOf = (id: string) => ({ organizationId, id, assertCurrent: () => {} })
  const switchTo = (value: boolean) => [{ op: 'replace', path: 'active', value }]
  const listed = async () =>
    (await createScimUserStore(store.database).list(organizationId, [], { startIndex: 1, count: 10 })).users
  const count = async (table: 'members' | 'users' | 'scim_users' | 'api_keys') =>
    (await store.database.queries.selectFrom(table).select('id').execute()).length

  test('of 20 at once one is created, and a deactivation ends once', async () => {
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => create('ann')))
    const created = results.filter((one) => one.status === 'fulfilled')
    expect(created).toHaveLength(1)
    for (const one of results)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ status: 409, scimType: 'uniqueness' })
    expect([await count('users'), await count('members'), await count('scim_users')]).toEqual([1, 1, 1])
    const { id } = (await listed())[0] as ScimUser
    await Promise.all(Array.from({ length: 20 }, () => change(id, switchTo(false))))
    expect([await count('users'), await count('members')]).toEqual([1, 0])
    const rows = await store.database.queries
      .selectFrom('audit')
      .select('action')
      .orderBy('sequence')
      .execute()
    expect(rows.map(({ action }) => action)).toEqual(['scim.user_created', 'member.added', 'member.removed'])
    await Promise.all(Array.from({ length: 20 }, () => change(id, switchTo(true))))
    expect(await count('members')).toBe(1)
  })

  test('a domain that is not proven, or no longer, gives no membership', async () => {
    await expect(create('ann', { userName: 'ann@acme.test' })).rejects.toMatchObject({
      scimType: 'invalidValue',
    })
    await expect(
      open().create('org_globex', person('ann', { userName: 'ann@acme.test' }), act),
    ).rejects.toMatchObject({
      scimType: 'invalidValue',
    })
    const { id } = await create('ann')
    await change(id, switchTo(false))
    await store.database.queries.deleteFrom('single_sign_on_domains').execute()
    await expect(change(id, switchTo(true))).rejects.toMatchObject({ status: 400, scimType: 'invalidValue' })
    expect([await count('users'), await count('members')]).toEqual([1, 0])
    // Whoever left can be removed without a proof.
    await open().delete(keyOf(id), act)
    expect(await listed()).toEqual([])
  })

  test('what leaves is not held up by what else the provider says', async () => {
    const { id } = await create('ann')
    const left = await change(id, [
      { op: 'replace', value: { active: false, userName: 'other', emails: [{ value: 'x@elsewhere.test' }] } },
    ])
    expect(left).toMatchObject({ active: false, userName: 'ann@acme.example', address: 'ann@acme.example' })
    const moved = [{ op: 'replace', path: 'emails[type eq "work"].value', value: 'ann.new@acme.example' }]
    await expect(change(id, moved)).rejects.toMatchObject({ scimType: 'mutability' })
    await change(id, switchTo(true))
    expect(await change(id, moved)).toMatchObject({ accountAddress: 'ann.new@acme.example' })
  })

  test('a restore brings back neither the membership, nor the keys, nor what was deleted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-scim-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const authorityKey = toMasterKey(Buffer.alloc(32, 1))
    const journal = createJournal({
      ...{ database: store.database, folders: [folder], authorityKey, clock: { now: () => Date.now() } },
      onFailure: (_, error) => {
        throw error
      },
    })
    const [stays, goes] = [await create('stays'), await create('goes')]
    const { queries } = store.database
    for (const { id, userId } of [stays, goes])
      await queries
        .insertInto('api_keys')
        .values({
          ...{ id: `key_${id}`, user_id: userId, organization_id: null, name: 'CI', role: 'developer' },
          ...{ scopes: 'null', networks: 'null', expires_at: now, created_at: now, created_by: 'x' },
          created_by_ref: `person:${userId}`,
        })
        .execute()
    const backup = {
      members: await queries.selectFrom('members').selectAll().execute(),
      scim_users: await queries.selectFrom('scim_users').selectAll().execute(),
      api_keys: await queries.selectFrom('api_keys').selectAll().execute(),
    }
    await journal.start()
    await change(stays.id, switchTo(false), journal.database)
    await open(journal.database).delete(keyOf(goes.id), act)
    expect([await count('members'), await count('api_keys'), await count('scim_users')]).toEqual([0, 0, 1])
    // The tables as a backup from before has them.
    for (const table of ['members', 'scim_users', 'api_keys'] as const) {
      await queries.deleteFrom(table).execute()
      await queries
        .insertInto(table)
        .values(backup[table] as never)
        .execute()
    }
    const { entries } = readJournals([folder], createJournalLines(authorityKey), {
      from: 0,
      reachedAt: Date.now(),
    })
    await store.database.transaction((tx) => replayJournal(tx, entries))
    expect([await count('members'), await count('api_keys')]).toEqual([0, 0])
    expect(await listed()).toMatchObject([{ id: stays.id, active: false }])
  })
})
