import { createHmac } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../clock.ts'
import { openDatabase } from '../storage/database.ts'
import { migrate } from '../storage/migrate.ts'
import { createIdentity } from './identity-store.ts'
import { readSessionToken } from './session-cookie.ts'

const secret = 'a secret of a test, long enough'
const name = 'postern.session_token'
const sign = (token: string, by: string) =>
  encodeURIComponent(`${token}.${createHmac('sha256', by).update(token).digest('base64')}`)

test('reads the token of a cookie that the sign-in library has made, among others', async () => {
  const database = await openDatabase({ engine: 'sqlite', path: ':memory:' })
  onTestFinished(() => database.close())
  await migrate(database)
  const identity = createIdentity(database, secret, 'http://portal.example', systemClock)
  const [email, password] = ['dev@acme.example', 'a long test password']
  await identity.createPerson({ email, name: 'Dev', password, operator: false, mustChangePassword: false })
  const { cookies } = await identity.signIn(email, password, new Headers())
  const { token } = await database.queries.selectFrom('sessions').select('token').executeTakeFirstOrThrow()
  const [cookie] = cookies.map((each) => each.split(';')[0])
  expect(readSessionToken(`other=1; ${cookie};x=2`, name, secret)).toBe(token)
})

test('reads none from a cookie that somebody else has signed, altered or left out', () => {
  const value = sign('abcdef', secret)
  expect(readSessionToken(`${name}=${value}`, name, secret)).toBe('abcdef')
  const altered = [
    value.replace('abcdef', 'abcdeg'),
    value.slice(0, -8),
    `${encodeURIComponent('.')}${value}`,
  ]
  for (const each of [
    ...altered,
    sign('abcdef', 'another secret'),
    sign('', secret),
    'abcdef',
    'abcdef.',
    '',
    '%',
  ])
    expect(readSessionToken(`${name}=${each}`, name, secret), each).toBeUndefined()
  expect(readSessionToken(`x${name}=${value}`, name, secret)).toBeUndefined()
  expect(readSessionToken(null, name, secret)).toBeUndefined()
})
