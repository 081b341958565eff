import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldPath, toCanonicalPath } from './canonical-path.ts'

test.each([
  ['/', '/'],
  ['/payments/1', '/payments/1'],
  ['/%70ayments', '/payments'],
  ['/a%20b', '/a%20b'],
  ['/a%c3%a9', '/a%C3%A9'],
  ['/50%25', '/50%25'],
  ['/a;v=1/b', '/a;v=1/b'],
  ['/a...b/..c', '/a...b/..c'],
])('the path %s is read as %s', (path, expected) => {
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
    '/a#',
    '/a#/b',
    '/a[1]',
    '/a{b}',
    '/a|b',
    '/a^b',
    '/a`b',
    '/a"b',
    '/a<b>',
    '/a%c0%ae%c0%ae/b',
    '/a%ff',
    '/a%ed%a0%80',
    '/a/.%20./b',
    '/a/%EF%BC%8E%EF%BC%8E/b',
    '/a%EF%BC%8Fb',
    '/a/;x/b',
    '/a/%20/b',
    '/a/%E2%80%8B/b',
    '/a/.../b',
  ],
])('the ambiguous path %s is rejected', (path) => {
  expect(toCanonicalPath(path)).toBeUndefined()
})

test('a canonical path is the path of a URL parser, or undefined', () => {
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

test.each([
  ['/Payments', '/payments'],
  ['/a;v=1/b', '/a/b'],
  ['/a%3Bv/b', '/a/b'],
  ['/a%2572b', '/arb'],
  ['/refunds.', '/refunds'],
  ['/refunds%20', '/refunds'],
  ['/refunds%E2%80%8B', '/refunds'],
  ['/r%C3%A9funds', '/refunds'],
  ['/%EF%BD%92efunds', '/refunds'],
  ['/refunds%3Fa', '/refunds'],
  ['/refunds%23a', '/refunds'],
  ['/stra%C3%9Fe', '/strasse'],
  ['/v1.1/a.json', '/v1.1/a.json'],
  ['/a/', '/a/'],
])('the path %s is folded to %s', (path, expected) => {
  expect(foldPath(path)).toBe(expected)
})

test('a canonical path is unchanged when it is read again, and has a folded path', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'B', '.', '/', '%2e', '%41', ';', '%c3%a9', '%20', '%25', '41', '~'), {
        maxLength: 14,
      }),
      (pieces) => {
        const canonical = toCanonicalPath(`/${pieces.join('')}`)
        if (canonical === undefined) return
        expect(toCanonicalPath(canonical)).toBe(canonical)
        expect(foldPath(canonical)).toBeDefined()
      },
    ),
  )
})
