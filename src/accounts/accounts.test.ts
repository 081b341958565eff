import { beforeAll, expect, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { systemClock } from '../clock.ts'
import { createIdentity, type Identity } from './identity-store.ts'

const portal = { url: 'http://localhost:3000' }
const sessionKey = 'a session key for tests, long enough'

describeOnBothEngines('accounts and sessions', (store) => {
  let identity: Identity
  let userId: string
  beforeAll(async () => {
    identity = createIdentity(store.database, sessionKey, portal, systemClock)
    userId = await identity.createUser({
      email: 'Ann@Acme.example',
      name: 'Ann',
      password: 'one-time-password',
      operatorRole: null,
      mustChangePassword: true,
    })
  })
  const headersOf = (cookies: string[]) =>
    new Headers({ cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') })

  test('a user signs in, and the session is valid until they sign out', async () => {
    const { person: user, cookies } = await identity.signIn(
      'ann@acme.example',
      'one-time-password',
      new Headers(),
    )
    expect(user).toEqual({
      userId,
      email: 'ann@acme.example',
      name: 'Ann',
      operatorRole: null,
      mustChangePassword: true,
      secondFactor: null,
      secondFactorFor: null,
      signedInBy: null,
    })
    expect(cookies.join()).toMatch(/HttpOnly/i)
    expect(cookies.join()).toMatch(/SameSite=Lax/i)
    expect((await identity.findUser(headersOf(cookies)))?.userId).toBe(userId)
    await identity.signOut(headersOf(cookies))
    expect(await identity.findUser(headersOf(cookies))).toBeUndefined()
  })

  test('the store contains no usable session token', async () => {
    const { cookies } = await identity.signIn('ann@acme.example', 'one-time-password', new Headers())
    const [value = ''] = decodeURIComponent(cookies[0] ?? '')
      .split('=')
      .slice(1)
    const [token = ''] = value.split('.')
    expect(token.length).toBeGreaterThanOrEqual(43)
    const rows = await store.database.queries.selectFrom('sessions').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain(token)
    for (const { token_sha256 } of rows) {
      const forged = new Headers({ cookie: `postern.session_token=${token_sha256}` })
      expect(await identity.findUser(forged)).toBeUndefined()
    }
  })

  test('a sign-in ends the session that it replaces, and no other', async () => {
    const signIn = (headers = new Headers()) =>
      identity.signIn('ann@acme.example', 'one-time-password', headers)
    const [elsewhere, before] = [await signIn(), await signIn()]
    const after = await signIn(headersOf(before.cookies))
    expect(headersOf(after.cookies).get('cookie')).not.toBe(headersOf(before.cookies).get('cookie'))
    expect(await identity.findUser(headersOf(before.cookies))).toBeUndefined()
    expect(await identity.findUser(headersOf(after.cookies))).toBeDefined()
    expect(await identity.findUser(headersOf(elsewhere.cookies))).toBeDefined()
    const wrong = identity.signIn('ann@acme.example', 'wrong', headersOf(after.cookies))
    await expect(wrong).rejects.toMatchObject({ code: 'sign_in_failed' })
    expect(await identity.findUser(headersOf(after.cookies))).toBeDefined()
  })

  test('two session cookies identify no user', async () => {
    const one = await identity.signIn('ann@acme.example', 'one-time-password', new Headers())
    const two = await identity.signIn('ann@acme.example', 'one-time-password', new Headers())
    const both = headersOf([...one.cookies, ...two.cookies])
    const refused = { code: 'session_cookie_repeated' }
    await expect(identity.findUser(both)).rejects.toMatchObject(refused)
    await expect(identity.signOut(both)).rejects.toMatchObject(refused)
    await expect(identity.signIn('ann@acme.example', 'one-time-password', both)).rejects.toMatchObject(
      refused,
    )
    expect(await identity.findUser(headersOf(one.cookies))).toBeDefined()
  })

  test('a session ends after twelve hours', async () => {
    const clock = createTestClock()
    const sessions = { absoluteSeconds: 12 * 3600, idleSeconds: 13 * 3600 }
    const later = createIdentity(store.database, sessionKey, { ...portal, sessions }, clock)
    const { cookies } = await later.signIn('ann@acme.example', 'one-time-password', new Headers())
    clock.advance(12 * 3_600_000 - 1)
    expect(await later.findUser(headersOf(cookies))).toBeDefined()
    clock.advance(1)
    expect(await later.findUser(headersOf(cookies))).toBeUndefined()
  })

  test('an unknown address and a wrong password get the same answer', async () => {
    const unknown = await identity.signIn('nobody@acme.example', 'x', new Headers()).catch((error) => error)
    const wrong = await identity.signIn('ann@acme.example', 'x', new Headers()).catch((error) => error)
    expect(unknown.code).toBe('sign_in_failed')
    expect(wrong.message).toBe(unknown.message)
  })

  test('an altered cookie identifies no user', async () => {
    const { cookies } = await identity.signIn('ann@acme.example', 'one-time-password', new Headers())
    const forged = headersOf(cookies)
      .get('cookie')
      ?.replace(/=(.)/, (_, first) => `=${first === 'a' ? 'b' : 'a'}`)
    expect(await identity.findUser(new Headers({ cookie: forged ?? '' }))).toBeUndefined()
  })

  test('a new password ends every other session and the old password', async () => {
    await identity.createUser({
      email: 'ben@acme.example',
      name: 'Ben',
      password: 'one-time-password',
      operatorRole: null,
      mustChangePassword: true,
    })
    const other = await identity.signIn('ben@acme.example', 'one-time-password', new Headers())
    const own = await identity.signIn('ben@acme.example', 'one-time-password', new Headers())
    const change = { currentPassword: 'one-time-password', newPassword: 'a better password' }
    await expect(
      identity.changePassword(headersOf(own.cookies), { ...change, currentPassword: 'wrong' }),
    ).rejects.toMatchObject({ code: 'sign_in_failed' })
    await expect(
      identity.changePassword(headersOf(own.cookies), { ...change, newPassword: 'one-time-password' }),
    ).rejects.toMatchObject({ code: 'password_unsuitable' })
    await identity.changePassword(headersOf(own.cookies), change)
    expect(await identity.findUser(headersOf(other.cookies))).toBeUndefined()
    await expect(
      identity.signIn('ben@acme.example', 'one-time-password', new Headers()),
    ).rejects.toMatchObject({ code: 'sign_in_failed' })
    const { person: user } = await identity.signIn('ben@acme.example', 'a better password', new Headers())
    expect(user.mustChangePassword).toBe(false)
  })

  test('a sign-in with the old password during its change leaves no session', async () => {
    await identity.createUser({
      email: 'race@acme.example',
      name: 'Race',
      password: 'the first password',
      operatorRole: null,
      mustChangePassword: false,
    })
    const { cookies } = await identity.signIn('race@acme.example', 'the first password', new Headers())
    const change = { currentPassword: 'the first password', newPassword: 'the second password' }
    const [changed, ...others] = await Promise.all([
      identity.changePassword(headersOf(cookies), change),
      ...Array.from({ length: 6 }, () =>
        identity.signIn('race@acme.example', 'the first password', new Headers()).catch(() => undefined),
      ),
    ])
    expect(await identity.findUser(headersOf(changed))).toBeDefined()
    for (const other of others)
      if (other !== undefined) expect(await identity.findUser(headersOf(other.cookies))).toBeUndefined()
  })

  test('passwords are stored as slow hashes', async () => {
    const rows = await store.database.queries.selectFrom('accounts').select('password').execute()
    expect(
      rows.every(
        ({ password }) => password !== null && password.length > 80 && !password.includes('password'),
      ),
    ).toBe(true)
  })
})
