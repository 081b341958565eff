import { expect, test } from 'vitest'
import { createPrincipalLimit } from './limit-principals.ts'

test('counts the requests of each account for a minute, and tells each answer what is left', () => {
  let time = 5000
  const limit = createPrincipalLimit(() => time)
  const count = (account: string) => {
    const headers: Record<string, string> = {}
    const answer = { header: (name: string, value: string) => (headers[name] = value) }
    try {
      limit.count(account, answer)
      return { headers }
    } catch (error) {
      return { headers, error }
    }
  }
  expect(count('a')).toEqual({
    headers: { 'ratelimit-policy': '"account";q=1200;w=60', ratelimit: '"account";r=1199;t=60' },
  })
  time += 1500
  for (let index = 0; index < 1198; index += 1) count('a')
  expect(count('a')).toMatchObject({ headers: { ratelimit: '"account";r=0;t=59' } })
  expect(count('a')).toMatchObject({
    headers: { ratelimit: '"account";r=0;t=59' },
    error: { code: 'too_many_requests', retryAfterSeconds: 59 },
  })
  expect(count('b').error).toBeUndefined()
  time += 58_500
  expect(count('a')).toMatchObject({ headers: { ratelimit: '"account";r=1199;t=60' } })
  for (let index = 0; index < 2000; index += 1) count(`account ${index}`)
  time += 60_000
  expect(count('a').error).toBeUndefined()
})

test('counts what other portals have answered, and tells them what it lets in', () => {
  let time = 0
  const noted: string[] = []
  const limit = createPrincipalLimit(
    () => time,
    (account) => noted.push(account),
  )
  const count = () => {
    try {
      limit.count('a', { header() {} })
      return true
    } catch {
      return false
    }
  }
  limit.add('a', 1190)
  const answers = Array.from({ length: 20 }, count)
  expect(answers.filter(Boolean)).toHaveLength(10)
  expect(noted).toHaveLength(10)
  time += 60_000
  expect(count()).toBe(true)
})
