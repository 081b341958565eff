import { expect, test } from 'vitest'
import type { Connection } from '../request-context/connections.ts'
import type { RequestContext } from '../request-context/request-context.ts'
import { findBearerToken } from './peer.ts'

const connect = () => ({ socket: {} }) as Connection
const tokenOf = (connection: Connection, authorization?: string) =>
  findBearerToken({ request: { headers: { authorization } }, connection } as RequestContext)

test('each request has the token of its own header, whatever preceded it on the connection', () => {
  const [one, other] = [connect(), connect()]
  expect(tokenOf(one, 'Bearer a.b.c')).toBe('a.b.c')
  expect(tokenOf(one, 'Bearer a.b.c')).toBe('a.b.c')
  expect(tokenOf(one, 'Bearer a.b.d')).toBe('a.b.d')
  expect(tokenOf(one)).toBeUndefined()
  expect(tokenOf(one, 'Basic YTpi')).toBeUndefined()
  expect(tokenOf(one, 'bearer a.b.c')).toBe('a.b.c')
  // RFC 6750, section 2.1: one space or more.
  expect(tokenOf(one, 'Bearer  a.b.c')).toBe('a.b.c')
  const long = 'a'.repeat(5000)
  expect([tokenOf(one, `Bearer ${long}`), tokenOf(one, `Bearer ${long}b`)]).toEqual([long, `${long}b`])
  expect(tokenOf(one, 'Bearer a.b.c')).toBe('a.b.c')
  expect(tokenOf(other, 'Basic YTpi')).toBeUndefined()
  expect(tokenOf(other, 'Bearer a.b.c')).toBe('a.b.c')
})

test.each([
  'Bearer a.b.c ',
  'Bearer\ta.b.c',
  ' Bearer a.b.c',
  'Bearer a.b.c, Bearer d.e.f',
  'Bearer a.b.c\u00a0',
  'Bearer "a.b.c"',
  'Bearer a.b=.c',
  'Bearer',
  'Bearer ',
  'Bearer a.b.c\n',
])('%j contains no bearer token', (header) => {
  expect(tokenOf(connect(), header)).toBeUndefined()
})
