import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toCanonicalPath } from './canonical-path.ts'
import { findScope } from './match-route.ts'

test.each([
  ['/', '/'],
  ['/payments/1', '/payments/1'],
  ['/%70ayments', '/payments'],
  ['/a%20b', '/a%20b'],
  ['/a%c3%a9', '/a%C3%A9'],
  ['/50%25', '/50%25'],
  ['/a;v=1/b', '/a;v=1/b'],
  ['/a...b/..c', '/a...b/..c'],
])('reads %s as %s', (path, expected) => {
  expect(toCanonicalPath(path)).toBe(expected)
})

test.each([
  ...[
    'payments',
    '*',
    '/a/../b',
    '/a/./b',
    '/..',
    '/a/%2e%2e/b',
    '/a/%2E./b',
    '/a/..;/b',
    '/a/..%3b/b',
    '/a//b',
  ],
  ...[
    '//a',
    '/a%2fb',
    '/a%5cb',
    '/a\\b',
    '/a%00',
    '/a%0d%0a',
    '/a%',
    '/a%zz',
    '/a%252e%252e/b',
    '/a b',
    '/é',
  ],
])('does not guess what %s means', (path) => {
  expect(toCanonicalPath(path)).toBeUndefined()
})

test('is what a URL parser makes of it, or nothing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', '.', '/', '%2e', '%41', ';', '~'), { maxLength: 12 }),
      (pieces) => {
        const path = `/${pieces.join('')}`
        const canonical = toCanonicalPath(path)
        if (canonical === undefined) return
        const parsed = new URL(path, 'http://x').pathname
        expect(decodeURIComponent(parsed)).toBe(decodeURIComponent(canonical))
      },
    ),
  )
})

const routes = [
  { path: '/payments', methods: ['GET'], scope: 'read' },
  { path: '/payments', methods: ['POST'], scope: 'write' },
  { path: '/payments/refunds', methods: ['POST'], scope: 'refund' },
]

test.each([
  ['/payments', 'GET', 'read'],
  ['/payments/1', 'GET', 'read'],
  ['/payments/refunds/2', 'POST', 'refund'],
  ['/payments/refunds', 'GET', 'read'],
  ['/payments2', 'GET', undefined],
  ['/payments', 'DELETE', undefined],
  ['/', 'GET', undefined],
])('needs for %s %s the scope %s', (path, method, scope) => {
  expect(findScope(routes, path, method)).toBe(scope)
})

test('needs any token and no scope where an environment has no routes', () => {
  expect(findScope([], '/anything', 'GET')).toBeNull()
  expect(findScope([{ path: '/', scope: 'all' }], '/anything', 'GET')).toBe('all')
})
