import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { createApiClient } from '../support/api.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { addUser, signIn, testPassword, withStore } from '../support/users.ts'

let postern: LocalPostern
beforeAll(async () => {
  postern = await openPostern()
})
afterAll(() => postern?.stop())

const attempt = (email: string, password: string, headers: Record<string, string> = {}) =>
  postern.fetch(`${postern.portalUrl}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ email, password }),
  })
/** Returns the headers of a proxy that `portal.trustedProxies` does not name. */
const throughProxy = (number: number) => ({ 'x-forwarded-for': `192.0.2.${number}` })
const cookiesOf = (response: Response) =>
  response.headers.getSetCookie().map((each) => each.split(';')[0] ?? '')
const getSession = (cookie: string) =>
  postern.fetch(`${postern.portalUrl}/api/v1/session`, { headers: { cookie } })

test('behind an untrusted proxy, wrong passwords of one user do not lock out others', {
  timeout: 240_000,
}, async () => {
  await addUser(postern, 'flooded@acme.example', 'developer', 'acme')
  await addUser(postern, 'other@acme.example', 'developer', 'acme')
  const known = await attempt('flooded@acme.example', testPassword, throughProxy(1))
  const cookie = cookiesOf(known).join('; ')
  for (let n = 0; n < 61; n++) await attempt(`nobody-${n}@acme.example`, 'a wrong password', throughProxy(n))
  const guesses = await Promise.all(
    Array.from({ length: 30 }, (_, n) => attempt('flooded@acme.example', 'wrong', throughProxy(n))),
  )
  const answered = guesses.filter(({ status }) => status === 401).length
  // Ten attempts are free; on a slow machine a delay may end during the test.
  expect([answered >= 10 && answered < 20, guesses.some(({ status }) => status === 429)]).toEqual([
    true,
    true,
  ])
  expect((await attempt('other@acme.example', testPassword, throughProxy(2))).status).toBe(200)
  expect((await attempt('flooded@acme.example', testPassword, { ...throughProxy(3), cookie })).status).toBe(
    200,
  )
  // The log gives the reason and the setting, once.
  expect(postern.output().match(/"msg":"[^"]*portal\.trustedProxies/g)).toHaveLength(1)
})

test('a flood of unauthenticated requests does not limit signed-in users', {
  timeout: 60_000,
}, async () => {
  const { cookie } = await addUser(postern, 'busy@acme.example', 'developer', 'acme')
  for (let n = 0; n < 1300; n += 50)
    await Promise.all(
      Array.from({ length: 50 }, () =>
        postern.fetch(`${postern.portalUrl}/healthz`, { headers: throughProxy(1) }),
      ),
    )
  expect((await getSession(cookie())).status).toBe(200)
})

test('two session cookies are rejected in any order and change nothing', async () => {
  const one = await addUser(postern, 'twice@acme.example', 'developer', 'acme')
  const two = await signIn(postern, 'twice@acme.example')
  for (const cookie of [`${one.cookie()}; ${two.cookie()}`, `${two.cookie()}; postern.session_token=x`]) {
    const refused = [await getSession(cookie), await attempt('twice@acme.example', testPassword, { cookie })]
    for (const response of refused) {
      expect([response.status, response.headers.getSetCookie()]).toEqual([400, []])
      expect(await response.json()).toMatchObject({ code: 'session_cookie_repeated' })
    }
  }
  expect((await getSession(one.cookie())).status).toBe(200)
})

test('signing in ends the previous session, signing out the own one; the store holds no session token', async () => {
  const client = await addUser(postern, 'again@acme.example', 'developer', 'acme')
  const first = client.cookie()
  const { email } = client
  await client.call(operations.signIn, { body: { email, password: testPassword } })
  const second = client.cookie()
  expect((await getSession(first)).status).toBe(401)
  expect((await getSession(second)).status).toBe(200)
  const value = decodeURIComponent(/session_token=([^;]*)/.exec(second)?.[1] ?? '')
  const [token = ''] = value.split('.')
  expect(token.length).toBeGreaterThan(40)
  for (const file of ['postern.db', 'postern.db-wal'])
    expect(readFileSync(`${postern.dataFolder}/${file}`, 'latin1')).not.toContain(token)
  await client.call(operations.signOut, {})
  expect((await getSession(second)).status).toBe(401)
  const left = await withStore(postern, ({ queries }) =>
    queries
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.user_id')
      .selectAll('sessions')
      .where('email', '=', email)
      .execute(),
  )
  expect(left).toEqual([])
})

test('a user with a session who guesses the password is throttled, and others are not', {
  timeout: 60_000,
}, async () => {
  const thief = await addUser(postern, 'robbed@acme.example', 'developer', 'acme')
  const statuses: number[] = []
  for (let n = 0; n < 12; n++) {
    const body = { currentPassword: `guess ${n}`, newPassword: 'another long password' }
    statuses.push((await thief.send(operations.changePassword, { body })).status)
  }
  expect(statuses).toEqual([...Array(10).fill(401), 429, 429])
  const owner = createApiClient(postern)
  const body = { email: 'robbed@acme.example', password: testPassword }
  expect((await owner.send(operations.signIn, { body })).status).toBe(200)
})
