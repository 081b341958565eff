import { createConfig, lintFromString } from '@redocly/openapi-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toOpenApi } from '../../src/http/openapi.ts'
import { type RunningPostern, startPostern } from '../support/postern.ts'

let postern: RunningPostern
const api = (path: string, options?: RequestInit) => fetch(`${postern.portalUrl}/api/v1${path}`, options)
const json = (body: unknown, headers = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code

beforeAll(async () => {
  postern = await startPostern()
})
afterAll(() => postern?.stop())

test('the OpenAPI document passes the strict rules of another tool', async () => {
  const config = await createConfig({ extends: ['recommended-strict'] })
  const source = JSON.stringify(toOpenApi('https://portal.example'))
  const problems = await lintFromString({ source, absoluteRef: 'openapi.json', config })
  expect(problems.map(({ message, ruleId }) => `${ruleId}: ${message}`)).toEqual([])
})

test('the served document is that of the operations', async () => {
  const served = await (await api('/openapi.json')).json()
  expect(served).toEqual(JSON.parse(JSON.stringify(toOpenApi(postern.portalUrl))))
})

test('the page may not be framed, sniffed or scripted from elsewhere, and works at every address', async () => {
  for (const path of ['/', '/organizations/acme/production/certificates']) {
    const response = await fetch(postern.portalUrl + path)
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('<div id="root">')
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain("script-src 'unsafe")
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  }
})

describe('what is refused before anybody is asked who they are', () => {
  test('an address that the API does not have', async () => {
    const response = await api('/nothing')
    expect([response.status, response.headers.get('content-type')]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ])
    expect(await codeOf(response)).toBe('not_found')
  })

  test('a body that is too large', async () => {
    const response = await api('/session', json({ email: 'x'.repeat(200_000), password: 'x' }))
    expect([response.status, await codeOf(response)]).toEqual([413, 'body_too_large'])
  })

  test.each(['{"email":', 'null', '[]', '"text"', '{"__proto__":{"x":1}}'])('the body %s', async (body) => {
    const response = await api('/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    expect([response.status, await codeOf(response)]).toEqual([400, 'bad_request'])
  })
})

test('an answer of the API is not kept by anybody on the way', async () => {
  const response = await api('/session')
  expect([response.status, response.headers.get('cache-control')]).toEqual([401, 'no-store'])
})

test('who guesses passwords is slowed down, whatever address they claim; others are not', async () => {
  const attempt = (email: string, number: number) =>
    api('/session', json({ email, password: 'a wrong password' }, { 'x-forwarded-for': `192.0.2.${number}` }))
  const statuses: number[] = []
  for (let number = 1; number <= 12; number++)
    statuses.push((await attempt('Admin@acme.example', number)).status)
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401))
  expect(statuses.slice(10)).toEqual([429, 429])
  expect((await attempt('admin@globex.example', 1)).status).toBe(401)
  const refused = await attempt('admin@acme.example', 1)
  expect([await codeOf(refused), refused.headers.has('retry-after')]).toEqual(['too_many_requests', true])
})
