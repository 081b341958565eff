import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import type { RequestContext } from '../request-context/request-context.ts'
import type { RequestError } from '../request-context/request-error.ts'
import { createCallLimiter } from './limit-calls.ts'
import type { CallLimits } from './organization-accounts.ts'

const none: CallLimits = {
  callsPerOrganization: 0,
  callsPerCertificate: 0,
  callsPerSecond: 0,
  callsPerSecondByOrganization: {},
  burstSeconds: 5,
}

/** Creates the part of a request context that is used here. */
function open(certificateId?: string, now = 0) {
  const response = new EventEmitter()
  return { certificateId, now, response: response as typeof response & RequestContext['response'] }
}

/** Counts a request of an organization, with its certificate if it has one. */
const enter = (
  limiter: ReturnType<typeof createCallLimiter>,
  context: ReturnType<typeof open>,
  organizationId: string,
) => limiter.enter(context, organizationId, context.certificateId)

/** Returns the code that entering throws; undefined if it succeeds. */
function codeOf(work: () => void): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}

test('an organization can have so many requests in progress, and further ones after these are answered', () => {
  const limiter = createCallLimiter({ ...none, callsPerOrganization: 3 }, () => undefined)
  const contexts = [open('a'), open('b'), open('a')]
  for (const context of contexts) enter(limiter, context, 'acme')
  expect(codeOf(() => enter(limiter, open('c'), 'acme'))).toBe('organization_concurrency_limited')
  expect(codeOf(() => enter(limiter, open('c'), 'globex'))).toBeUndefined()
  contexts[0]?.response.emit('close')
  expect(codeOf(() => enter(limiter, open(), 'acme'))).toBeUndefined()
  expect(codeOf(() => enter(limiter, open(), 'acme'))).toBe('organization_concurrency_limited')
})

test('a certificate can have so many requests in progress, and others of its organization can have more', () => {
  const limiter = createCallLimiter(
    { ...none, callsPerOrganization: 4, callsPerCertificate: 2 },
    () => undefined,
  )
  const contexts = [open('a'), open('a')]
  for (const context of contexts) enter(limiter, context, 'acme')
  expect(codeOf(() => enter(limiter, open('a'), 'acme'))).toBe('certificate_concurrency_limited')
  expect(codeOf(() => enter(limiter, open('b'), 'acme'))).toBeUndefined()
  contexts[1]?.response.emit('close')
  expect(codeOf(() => enter(limiter, open('a'), 'acme'))).toBeUndefined()
})

test('an organization can send so many requests per second, and save unused ones', () => {
  const limits = {
    ...none,
    callsPerSecond: 10,
    burstSeconds: 2,
    callsPerSecondByOrganization: { globex: 1, free: 0 },
  }
  const limiter = createCallLimiter(limits, (id) => id.replace('org_', ''))
  const send = (organization: string, now: number) =>
    codeOf(() => enter(limiter, open('a', now), organization))
  for (let i = 0; i < 20; i++) expect(send('org_acme', 0)).toBeUndefined()
  expect(send('org_acme', 0)).toBe('organization_rate_limited')
  expect(send('org_acme', 99)).toBe('organization_rate_limited')
  expect(send('org_acme', 100)).toBeUndefined()
  expect(send('org_acme', 100)).toBe('organization_rate_limited')
  // A clock that is set back earns nothing and costs nothing.
  expect(send('org_acme', 50)).toBe('organization_rate_limited')
  for (const passes of [true, true, false]) expect(send('org_globex', 0) === undefined).toBe(passes)
  for (let i = 0; i < 1000; i++) expect(send('org_free', 0)).toBeUndefined()
})

test('no period allows more requests than its rate and the saved ones', () => {
  const limiter = createCallLimiter({ ...none, callsPerSecond: 7, burstSeconds: 3 }, () => undefined)
  const passed: number[] = []
  for (let now = 0; now < 20_000; now += 13)
    if (codeOf(() => enter(limiter, open('a', now), 'acme')) === undefined) passed.push(now)
  for (const [index, start] of passed.entries())
    for (const [further, end] of passed.slice(index).entries())
      expect(further + 1).toBeLessThanOrEqual(21 + 1 + ((end - start) / 1000) * 7)
  expect(passed.length).toBeGreaterThan(20 * 7)
})

test('each response has the remaining rate limit', () => {
  const limiter = createCallLimiter({ ...none, callsPerSecond: 2, burstSeconds: 2 }, () => undefined)
  const seen = [0, 0, 0, 0, 0, 600].map((now) => {
    try {
      return enter(limiter, open('a', now), 'acme')
    } catch (error) {
      const { headers } = error as RequestError
      return { policy: headers['ratelimit-policy'], left: headers.ratelimit }
    }
  })
  expect(seen.map((limit) => limit?.left)).toEqual([
    '"organization";r=3;t=1',
    '"organization";r=2;t=1',
    '"organization";r=1;t=2',
    '"organization";r=0;t=2',
    '"organization";r=0;t=2',
    '"organization";r=0;t=2',
  ])
  expect(seen[0]?.policy).toBe('"organization";q=4;w=2')
})

test('accounts that are full again are deleted, and those that still owe are not', () => {
  const limiter = createCallLimiter(
    { ...none, callsPerOrganization: 1, callsPerSecond: 1, burstSeconds: 60 },
    () => undefined,
  )
  const busy = open('busy', 0)
  enter(limiter, busy, 'busy')
  for (let i = 0; i < 30_000; i++) {
    const context = open(`certificate ${i}`, i * 100)
    enter(limiter, context, `organization ${i}`)
    context.response.emit('close')
  }
  expect(limiter.size().organizations).toBeLessThan(11_000)
  expect(limiter.size().certificates).toBeLessThan(11_000)
  expect(codeOf(() => enter(limiter, open('busy', 3_000_000), 'busy'))).toBe(
    'organization_concurrency_limited',
  )
})
