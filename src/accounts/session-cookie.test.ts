import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { portalCookie, readSessionToken, signSessionToken } from './session-cookie.ts'

const secret = 'a secret of a test, long enough'
const name = 'postern.session_token'
const sign = (token: string, by: string) =>
  encodeURIComponent(`${token}.${createHmac('sha256', by).update(token).digest('base64')}`)

test('a session cookie with a valid signature is read among others', () => {
  const value = signSessionToken('a-token', secret)
  expect(value).toBe(sign('a-token', secret))
  expect(readSessionToken(`other=1; ${name}=${value};x=2`, name, secret)).toBe('a-token')
})

test('a session cookie over https can be set by this host only', () => {
  const { name: named, set, clear } = portalCookie('https://portal.example', 'session_token')
  expect(named).toBe('__Host-postern.session_token')
  for (const header of [set('x', 60), clear()]) {
    expect(header).toMatch(/; Path=\/(;|$)/)
    expect(header).toMatch(/; Secure(;|$)/)
    expect(header).toMatch(/; HttpOnly(;|$)/)
    expect(header).not.toMatch(/domain/i)
  }
  expect(portalCookie('http://localhost:3000', 'session_token').set('x', 60)).not.toMatch(/__Host-|Secure/)
})

test.each([
  ['the same cookie twice', (good: string) => `${name}=${good}; ${name}=${good}`],
  ['a valid and an invalid cookie', (good: string) => `${name}=${good}; ${name}=bad`],
  ['an invalid and a valid cookie', (good: string) => `${name}=bad;${name}=${good}`],
  ['a cookie with spaces around its name', (good: string) => `${name}=${good};  ${name} =bad`],
  ['a cookie without a value', (good: string) => `${name}=${good}; ${name}`],
])('two session cookies are rejected: %s', (_, header) => {
  expect(() => readSessionToken(header(sign('abcdef', secret)), name, secret)).toThrow(
    expect.objectContaining({ code: 'session_cookie_repeated' }),
  )
})

test('a session cookie that is missing, altered or signed with another key gives no session', () => {
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
