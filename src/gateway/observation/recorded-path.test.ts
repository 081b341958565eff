import { expect, test } from 'vitest'
import { createPathRecorder } from './recorded-path.ts'

const routes = [
  { path: '/payments', methods: ['GET'] },
  { path: '/payments/refunds', methods: ['POST'] },
  { path: '/cards/' },
]
const template = createPathRecorder({ recordedPaths: 'template', routes })

test.each([
  ['/payments', 'GET', '/payments'],
  ['/payments/4111111111111111', 'GET', '/payments'],
  ['/payments/refunds/7', 'POST', '/payments/refunds'],
  ['/payments/refunds/7', 'GET', '/payments'],
  ['/payments/4111', 'DELETE', '/payments'],
  ['/paymentsecret', 'GET', null],
  ['/%70ayments/4111', 'GET', '/payments'],
  ['/%zz', 'GET', null],
  ['/cards', 'PUT', '/cards/'],
  ['/cards/4111', 'PUT', '/cards/'],
  ['/pos_s3cret', 'GET', null],
  ['/token', 'POST', '/token'],
  ['/token/pos_s3cret', 'POST', '/token/{clientId}'],
  ['/auth/token/pos_s3cret/more', 'POST', '/auth/token/{clientId}'],
  ['/whoami', 'GET', '/whoami'],
  ['/', 'GET', null],
])('the path %s with %s is recorded as %s', (path, method, expected) => {
  expect(template(path, method)).toBe(expected)
})

test('a route of / matches every path, and an empty list of routes matches none', () => {
  const everything = createPathRecorder({ recordedPaths: 'template', routes: [{ path: '/' }] })
  expect(everything('/a/4111', 'GET')).toBe('/')
  expect(createPathRecorder({ recordedPaths: 'template', routes: null })('/a', 'GET')).toBeNull()
})

test('a full path is at most 500 characters, and a client ID in it is never recorded', () => {
  const full = createPathRecorder({ recordedPaths: 'full', routes })
  expect(full('/payments/7', 'GET')).toBe('/payments/7')
  expect(full(`/${'x'.repeat(600)}`, 'GET')).toHaveLength(500)
  expect(full('/token/pos_s3cret', 'POST')).toBe('/token/{clientId}')
})

test('no path is recorded if recording is off', () => {
  const none = createPathRecorder({ recordedPaths: 'none', routes })
  expect([none('/payments/7', 'GET'), none('/token', 'POST')]).toEqual([null, null])
})
