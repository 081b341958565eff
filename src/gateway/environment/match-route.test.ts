import { expect, test } from 'vitest'
import { toCanonicalPath } from '../../contract/canonical-path.ts'
import { createRouteMatcher } from './match-route.ts'

const routes = [
  { path: '/payments', methods: ['GET'], scope: 'read' },
  { path: '/payments', methods: ['POST'], scope: 'write' },
  { path: '/payments/refunds', methods: ['POST'], scope: 'refund' },
  { path: '/payments/payouts', methods: ['GET'], scope: 'payout' },
  { path: '/Reports', scope: 'report' },
  { path: '/v1', scope: 'old' },
  { path: '/v1.1', scope: 'new' },
]
const match = createRouteMatcher(routes)
const scopeOf = (path: string, method: string) => {
  const canonical = toCanonicalPath(path)
  if (canonical === undefined) return 'unreadable'
  const found = match(path, canonical, method)
  return typeof found === 'string' ? found : found.scope
}

test.each([
  ['/payments', 'GET', 'read'],
  ['/payments/', 'GET', 'read'],
  ['/payments/1', 'GET', 'read'],
  ['/payments/refunds/2', 'POST', 'refund'],
  ['/payments/refunds', 'GET', 'read'],
  ['/payments/payouts', 'GET', 'payout'],
  ['/payments2', 'GET', 'unknown'],
  ['/payments', 'DELETE', 'unknown'],
  ['/', 'GET', 'unknown'],
  ['/v1.1/a', 'GET', 'new'],
  ['/v1/a', 'GET', 'old'],
  ['/payments/PAY-1.pdf', 'GET', 'read'],
  ['/payments/a%20b;c', 'GET', 'read'],
  ['/payments/refunds.json', 'GET', 'read'],
])('a request for %s %s requires the scope %s', (path, method, scope) => {
  expect(scopeOf(path, method)).toBe(scope)
})

test.each([
  '/payments/Refunds',
  '/payments/refunds;x',
  '/payments/refunds;x/1',
  '/payments/refunds%3Bx',
  '/payments/refunds.',
  '/payments/refunds%20',
  '/payments/refunds%C2%A0',
  '/payments/refunds.json',
  '/payments/refunds.tar.gz',
  '/payments/%72efunds',
  '/payments/%2572efunds',
  '/payments/refunds%E2%80%8B',
  '/payments/%EF%BD%92efunds',
  '/payments/refunds%3Fa',
  '/payments/refunds%23',
  '/%70ayments/refunds',
])('the path of POST %s is ambiguous', (path) => {
  expect(scopeOf(path, 'POST')).toBe('ambiguous')
})

test('a path is read as lenient programs do, also if a route has capitals', () => {
  const mixed = createRouteMatcher([
    { path: '/', scope: 'any' },
    { path: '/Admin', scope: 'admin' },
  ])
  expect(mixed('/admin', '/admin', 'GET')).toBe('ambiguous')
  expect(mixed('/Admin', '/Admin', 'GET')).toMatchObject({ scope: 'admin' })
  expect(mixed('/administer', '/administer', 'GET')).toMatchObject({ scope: 'any' })
})

test('HEAD requires the scope of GET, which programs run for it', () => {
  const both = createRouteMatcher([
    { path: '/a', scope: 'any' },
    { path: '/a/b', methods: ['GET'], scope: 'get' },
    { path: '/a/c', methods: ['GET'], scope: 'get' },
    { path: '/a/c', methods: ['HEAD'], scope: 'head' },
  ])
  expect(both('/a/b', '/a/b', 'HEAD')).toMatchObject({ scope: 'get' })
  expect(both('/a/c', '/a/c', 'HEAD')).toMatchObject({ scope: 'head' })
})

test('any token suffices without configured routes, and no route matches an empty list', () => {
  expect(createRouteMatcher(null)('/anything', '/anything', 'GET')).toBe('unneeded')
  expect(createRouteMatcher([])('/anything', '/anything', 'GET')).toBe('unknown')
})
