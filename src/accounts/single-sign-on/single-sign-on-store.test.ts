import { randomBytes } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { describeWithFreshStores } from '../../../test/support/databases.ts'
import { memberships } from '../../../test/support/memberships.ts'
import { systemClock } from '../../clock.ts'
import type { NewSingleSignOn } from '../../contract/single-sign-on.ts'
import { systemActor } from '../../shapes/actor.ts'
import { type MasterKey, toMasterKey } from '../../shapes/master-key.ts'
import { newId } from '../../storage/id.ts'
import { rewrapValues } from '../../storage/rewrap-store.ts'
import { createIdentity } from '../identity-store.ts'
import { createOperatorStore } from '../operator-store.ts'
import { createProviderEntry } from './provider-user-store.ts'
import {
  createSingleSignOnStore,
  type SingleSignOnStore,
  sealedClientSecrets,
} from './single-sign-on-store.ts'

const actor = systemActor('test')
const enterByProvider = createProviderEntry(memberships)
type Found = NonNullable<Awaited<ReturnType<SingleSignOnStore['find']>>>
const key = toMasterKey(randomBytes(32))
const body: NewSingleSignOn = {
  ...{ issuer: 'https://login.acme.example', clientId: 'postern', clientSecret: "O'Neil & Łódź" },
  ...{ domains: ['acme.example'], roleClaim: null, roles: [], defaultRole: 'viewer' },
  ...{ required: false, passwordAdmins: [], secondFactorValues: [] },
}

describeWithFreshStores('single sign-on', (store) => {
  let ids: string[] = []
  let settings: ReturnType<typeof createSingleSignOnStore>
  beforeEach(async () => {
    ids = []
    for (const slug of ['acme', 'globex']) {
      const id = newId('organization', Date.now())
      await store.database.queries
        .insertInto('organizations')
        .values({ id, slug, legal_name: slug, country: 'GB', state: '', created_at: 1 })
        .execute()
      ids.push(id)
    }
    settings = createSingleSignOnStore(store.database, key)
  })
  const [first, second] = [() => ids[0] as string, () => ids[1] as string]
  const set = (organizationId: string, more: object = {}, now = 1) =>
    settings.set(organizationId, { ...body, ...more }, { actor, now })
  const setProven = async () => {
    await set(first())
    await settings.proveDomain(first(), await challengeOf(first()), { actor, now: 1 })
  }
  const challengeOf = async (organizationId: string) => {
    const found = await settings.find(organizationId)
    return { domain: 'acme.example', challenge: found?.domains[0]?.recordValue ?? '' }
  }

  test('a domain is proven by one of two organizations, also at the same moment', async () => {
    await Promise.all([set(first()), set(second())])
    const proofs = await Promise.all([challengeOf(first()), challengeOf(second())])
    expect(proofs[0]?.challenge).not.toBe(proofs[1]?.challenge)
    const prove = (index: number) =>
      settings.proveDomain(ids[index] as string, proofs[index] as { domain: string; challenge: string }, {
        actor,
        now: 2,
      })
    const outcomes = await Promise.allSettled([prove(0), prove(1), prove(0)])
    const failed = outcomes.filter(({ status }) => status === 'rejected')
    expect(failed.length).toBeGreaterThan(0)
    for (const each of failed) expect(each).toMatchObject({ reason: { code: 'domain_taken' } })
    const owner = await settings.findByDomain('acme.example')
    await settings.delete(owner?.organizationId ?? '', { actor, now: 3 })
    expect(await settings.findByDomain('acme.example')).toBeUndefined()
    await Promise.all([set(first()), set(second())])
    await settings.proveDomain(first(), await challengeOf(first()), { actor, now: 4 })
    expect(await settings.findByDomain('acme.example')).toEqual({ organizationId: first(), required: false })
  })

  test('a suspended organization signs nobody in', async () => {
    await setProven()
    const suspend = (status: 'active' | 'suspended') =>
      store.database.queries.updateTable('organizations').set({ status }).where('id', '=', first()).execute()
    await suspend('suspended')
    expect(await settings.findByDomain('acme.example')).toBeUndefined()
    await suspend('active')
  })

  test('the client secret opens with the authority key, and with another one after a rewrap', async () => {
    await setProven()
    expect((await settings.findProvider(first()))?.clientSecret).toBe(body.clientSecret)
    const next = toMasterKey(randomBytes(32))
    const other = createSingleSignOnStore(store.database, next)
    await expect(other.findProvider(first())).rejects.toMatchObject({ code: 'master_key_wrong' })
    const rewrap = (from: MasterKey, to: MasterKey) =>
      rewrapValues(store.database, toMasterKey(to.first, from.first), sealedClientSecrets, async () => {})
    await rewrap(key, next)
    expect((await other.findProvider(first()))?.clientSecret).toBe(body.clientSecret)
    await rewrap(next, key)
  })

  test('two first sign-ins at once make one user, and changed settings end those in progress', async () => {
    await setProven()
    const identity = createIdentity(
      store.database,
      'a session key',
      { url: 'http://localhost:3000' },
      systemClock,
    )
    const claims = {
      ...{ subject: 'sub-1', email: 'Ann@Acme.example', emailVerified: true, name: 'Ann', roles: [] },
      hasSecondFactor: false,
    }
    const found = (await settings.find(first())) as Found
    const enter = (given = found) =>
      identity.signInAs(
        async (tx) => ({
          userId: await enterByProvider(tx, { settings: given, claims, now: 5, origin: 'test' }),
          organizationId: first(),
          hasSecondFactor: false,
        }),
        new Headers(),
        undefined,
      )
    const entered = await Promise.all([enter(), enter()])
    expect(new Set(entered.map(({ person }) => person.userId)).size).toBe(1)
    const cookie = entered[0]?.cookies[0]?.split(';')[0] ?? ''
    expect((await identity.findUser(new Headers({ cookie })))?.email).toBe('ann@acme.example')
    // A session that a customer's provider has begun does not become one of an operator.
    const operators = createOperatorStore(store.database, 'http://localhost:3000')
    const invited = { email: 'ann@acme.example', name: undefined, role: 'operator' } as const
    await operators.invite(invited, { actor, now: 5 })
    expect(await identity.findUser(new Headers({ cookie }))).toBeUndefined()
    const { items } = await operators.list({ limit: 10 })
    expect(items.map(({ email, hasPassword }) => [email, hasPassword])).toEqual([['ann@acme.example', false]])
    await expect(enter()).rejects.toMatchObject({ code: 'single_sign_on_denied' })
    await operators.remove({ email: invited.email }, { actor, now: 5, evenLast: true })
    await set(first(), { defaultRole: null }, 6)
    await expect(enter()).rejects.toMatchObject({ code: 'single_sign_on_failed' })
    // Another issuer knows nobody yet, and the address is that of a user whom the former one has linked.
    await set(first(), { issuer: 'https://other.example' }, 7)
    const links = store.database.queries.selectFrom('accounts').selectAll().where('account_id', '=', 'sub-1')
    expect(await links.execute()).toEqual([])
    expect((await enter((await settings.find(first())) as Found)).person.userId).toBe(
      entered[0]?.person.userId,
    )
    // An account of a provider belongs to one user.
    const row = await links.executeTakeFirstOrThrow()
    const twice = store.database.queries.insertInto('accounts').values({ ...row, id: newId('account', 1) })
    await expect(twice.execute()).rejects.toThrow()
  })
})
