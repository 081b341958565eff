import { expect, test } from 'vitest'
import { createBodySpace } from './buffer-body.ts'

test('an organization can use its limit of the space and leaves the rest to others', () => {
  const space = createBodySpace({ bytes: 100, share: 40 })
  expect([space.take('a', 40), space.take('a', 1)]).toEqual([true, false])
  expect([space.take('b', 40), space.take('c', 21), space.take('c', 20)]).toEqual([true, false, true])
  space.giveBack('a', 40)
  expect([space.take('c', 20), space.take('a', 21), space.take('a', 20)]).toEqual([true, false, true])
})
