import { expect, test, vi } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { systemActor } from '../shapes/actor.ts'
import { createIdentity } from './identity-store.ts'
import { createOwnSessionStore } from './own-session-store.ts'
import { createSessionStore } from './session-store.ts'

const minute = 60_000
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0'

describeWithFreshStores('sessions', (store) => {
  const open = async () => {
    const clock = createTestClock()
    const limits = { absoluteSeconds: 3600, idleSeconds: 600 }
    const { database } = store
    const identity = createIdentity(
      database,
      'a session key for tests',
      { url: 'http://x.example', sessions: limits },
      clock,
    )
    const email = 'ann@acme.example'
    const add = (address: string) =>
      identity.createUser({
        ...{ email: address, name: 'Ann', password: 'the first password' },
        ...{ operatorRole: null, mustChangePassword: false },
      })
    const userId = await add(email)
    const signIn = async (userAgent = firefox, address = email) => {
      const headers = new Headers({ 'user-agent': userAgent })
      const { cookies } = await identity.signIn(address, 'the first password', headers, {
        address: '192.0.2.7',
      })
      return new Headers({ cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') })
    }
    const own = createOwnSessionStore(database, createSessionStore(database, clock, limits))
    const act = () => ({ actor: { ...systemActor('test'), id: userId }, now: clock.now() })
    return { clock, identity, userId, add, signIn, own, act }
  }
  const readUse = async () =>
    (await store.database.queries.selectFrom('sessions').select('updated_at').execute()).map(
      ({ updated_at: at }) => Date.parse(at),
    )

  test('a session without use ends, and requests that use it keep it until its absolute end', async () => {
    const { clock, identity, signIn } = await open()
    const idle = await signIn()
    clock.advance(10 * minute - 1)
    expect(await identity.findUser(idle)).toBeDefined()
    clock.advance(1)
    expect(await identity.findUser(idle, true)).toBeUndefined()
    await identity.signOut(idle)
    const used = await signIn()
    for (let n = 0; n < 11; n += 1) {
      clock.advance(5 * minute)
      expect(await identity.findUser(used, true)).toBeDefined()
      await vi.waitFor(async () => expect(await readUse()).toContain(clock.now()))
    }
    clock.advance(5 * minute)
    expect(await identity.findUser(used, true)).toBeUndefined()
  })

  test('the use is written at most once a minute, and not by what only looks', async () => {
    const { clock, identity, signIn } = await open()
    const headers = await signIn()
    const [began = 0] = await readUse()
    clock.advance(minute - 1)
    await identity.findUser(headers, true)
    clock.advance(minute)
    await identity.findUser(headers)
    await new Promise((done) => setTimeout(done, 50))
    expect(await readUse()).toEqual([began])
    await Promise.all([identity.findUser(headers, true), identity.findUser(headers, true)])
    await vi.waitFor(async () => expect(await readUse()).toEqual([clock.now()]))
  })

  test('when a user was last seen is written at most once in five minutes, and stays after the sign-out', async () => {
    const { clock, identity, userId, add, signIn } = await open()
    await add('never@acme.example')
    const readSeen = async () => {
      const rows = await store.database.queries
        .selectFrom('users')
        .select(['id', 'last_seen_at'])
        .orderBy('id')
        .execute()
      expect(rows.filter(({ id }) => id !== userId).map((row) => row.last_seen_at)).toEqual([null])
      return Date.parse(rows.find(({ id }) => id === userId)?.last_seen_at ?? '')
    }
    const headers = await signIn()
    const began = clock.now()
    expect(await readSeen()).toBe(began)
    clock.advance(5 * minute - 1)
    await identity.findUser(headers, true)
    await vi.waitFor(async () => expect(await readUse()).toEqual([clock.now()]))
    expect(await readSeen()).toBe(began)
    clock.advance(minute)
    await identity.findUser(headers)
    await new Promise((done) => setTimeout(done, 50))
    expect(await readSeen()).toBe(began)
    await Promise.all([identity.findUser(headers, true), identity.findUser(headers, true)])
    await vi.waitFor(async () => expect(await readSeen()).toBe(clock.now()))
    await identity.signOut(headers)
    expect(await readSeen()).toBe(clock.now())
  })

  test('a user lists own sessions and ends one or all others, and no session of others', async () => {
    const { clock, identity, userId, add, signIn, own, act } = await open()
    const first = await signIn('curl/8')
    clock.advance(minute)
    const second = await signIn()
    clock.advance(minute)
    const current = await signIn()
    const otherId = await add('ben@acme.example')
    const other = await signIn(firefox, 'ben@acme.example')
    const name = identity.identifySession(current)
    const mine = { userId, signedInBy: null }
    const { items } = await own.list(mine, name, { limit: 50 })
    expect(items.map(({ device, address, isCurrent }) => [device, address, isCurrent])).toEqual([
      ['Firefox on Linux', '192.0.2.7', true],
      ['Firefox on Linux', '192.0.2.7', false],
      ['curl', '192.0.2.7', false],
    ])
    const page = await own.list(mine, name, { limit: 2 })
    const rest = await own.list(mine, name, { limit: 2, cursor: page.nextCursor ?? '' })
    expect([...page.items, ...rest.items]).toEqual(items)
    expect(rest.nextCursor).toBeNull()
    const [{ id: othersId = '' } = {}] = (
      await own.list({ userId: otherId, signedInBy: null }, undefined, { limit: 50 })
    ).items
    await expect(own.endOne(mine, othersId, act())).rejects.toMatchObject({ code: 'not_found' })
    expect(await identity.findUser(other)).toBeDefined()
    await own.endOne(mine, items[2]?.id ?? '', act())
    await expect(own.endOne(mine, items[2]?.id ?? '', act())).rejects.toMatchObject({ code: 'not_found' })
    expect(await identity.findUser(first)).toBeUndefined()
    await own.endOthers(mine, name ?? '', act())
    await own.endOthers(mine, name ?? '', act())
    expect(await identity.findUser(second)).toBeUndefined()
    expect(await identity.findUser(current)).toBeDefined()
    expect(await identity.findUser(other)).toBeDefined()
    const rows = await store.database.queries.selectFrom('audit').select(['action', 'after']).execute()
    expect(rows.map(({ action, after }) => [action, after])).toEqual([
      ['person.sessions_ended', '{"count":1}'],
      ['person.sessions_ended', '{"count":1}'],
    ])
  })

  test('a user has fifty sessions at most: the one unused for the longest time ends', async () => {
    const { clock, identity, userId, signIn, own } = await open()
    const first = await signIn()
    clock.advance(1000)
    const sessions = createSessionStore(store.database, clock)
    const client = { userAgent: '', address: null }
    const proof = { factor: null, factorFor: null, signedInBy: null }
    await store.database.transaction(async (tx) => {
      for (let n = 0; n < 49; n += 1) await sessions.begin(tx, userId, client, proof)
    })
    expect(await identity.findUser(first)).toBeDefined()
    await signIn()
    expect(await identity.findUser(first)).toBeUndefined()
    expect((await own.list({ userId, signedInBy: null }, undefined, { limit: 200 })).items).toHaveLength(50)
  })
})
