import { expect, test } from 'vitest'
import type { Operation } from './operation.ts'
import { operations } from './operations.ts'
import { needsOwnSignIn } from './provider-session.ts'

test('a session of a provider does little with the account of the user, and a new operation is not in it', () => {
  const own = Object.values<Operation>(operations).filter(needsOwnSignIn)
  expect(own.map(({ id }) => id).toSorted()).toEqual(['exportOwnData', 'renamePasskey', 'updateAccount'])
})
