import { expect, test } from 'vitest'
import type { ActivityView } from '../../../../src/contract/activity.ts'
import { findSeenSteps } from './find-seen-steps.ts'

const event = (parts: Partial<ActivityView>) =>
  ({ kind: 'token', outcome: 'allowed', path: '/token', ...parts }) as ActivityView

test.each([
  ['a token by the cURL command', [event({})], ['curl']],
  ['a token of an environment that records no paths', [event({ path: null })], ['curl']],
  ['a token by the Postman request', [event({ path: '/auth/token/{clientId}' })], ['postman', 'request']],
  ['a denied token request', [event({ outcome: 'denied' })], []],
  ['a connection and a call', [event({ kind: 'connection' }), event({ kind: 'call' })], []],
])('the steps seen after %s', (_, activity, steps) => {
  expect([...findSeenSteps(activity, true)]).toEqual(steps)
})

test('a token without a secret ticks every step, because all of them send the same request', () => {
  expect([...findSeenSteps([event({})], false)]).toEqual(['curl', 'postman', 'request'])
})
