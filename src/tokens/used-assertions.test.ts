import { expect, test } from 'vitest'
import { PosternError } from '../errors.ts'
import { createSpendAssertion } from './spend-assertion.ts'
import { createUsedAssertions } from './used-assertions.ts'

const of = (credentialId: string, tokenId: string, expiresAt = 60_000) => ({
  credentialId,
  tokenId,
  expiresAt,
})

test('an assertion is new once, per client, until it has expired', () => {
  const used = createUsedAssertions()
  expect(used.note(of('a', '1'), 0)).toBe('new')
  expect(used.note(of('a', '1'), 1)).toBe('used')
  expect(used.note(of('b', '1'), 1)).toBe('new')
  used.forgetExpired(59_999)
  expect(used.note(of('a', '1'), 59_999)).toBe('used')
  used.forgetExpired(60_000)
  expect(used.size()).toBe(0)
})

test('a client with too many assertions has to wait, and neither it nor another client loses one', () => {
  const used = createUsedAssertions()
  expect(used.note(of('victim', '1'), 0)).toBe('new')
  for (let i = 0; i < 4096; i++) used.note(of('flood', String(i)), 0)
  expect(used.note(of('flood', 'more'), 0)).toBe('full')
  expect(used.note(of('flood', '0'), 0)).toBe('used')
  expect(used.note(of('victim', '1'), 0)).toBe('used')
  // Expired assertions make room.
  expect(used.note(of('flood', 'more', 120_000), 60_000)).toBe('new')
})

test('the number of assertions is bounded, and the client with the most loses its oldest', () => {
  const used = createUsedAssertions()
  used.note(of('victim', '1'), 0)
  for (let client = 0; client < 33; client++)
    for (let i = 0; i < 4096; i++) used.note(of(`flood-${client}`, String(i)), 0)
  expect(used.size()).toBeLessThanOrEqual(131_072)
  expect(used.note(of('victim', '1'), 0)).toBe('used')
})

test('an assertion that another gateway has recorded is used, and an unavailable store does not delay clients', async () => {
  const answers: (() => Promise<boolean>)[] = [
    async () => true,
    async () => false,
    async () => {
      throw new PosternError('storage_unavailable', 'away')
    },
  ]
  const use = createSpendAssertion(createUsedAssertions(), {
    spendAssertion: () => answers.shift()?.() as Promise<boolean>,
  })
  expect(await use(of('a', '1'), 0)).toBe('new')
  expect(await use(of('a', '2'), 0)).toBe('used')
  expect(await use(of('a', '3'), 0)).toBe('new')
  expect(await use(of('a', '3'), 0)).toBe('used')
})
