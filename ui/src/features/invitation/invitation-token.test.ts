import { expect, test } from 'vitest'
import { findInvitationToken } from './invitation-token.ts'

test('a token is read from the fragment of a link, and from nothing else', () => {
  expect(findInvitationToken('#token=Ab-_9')).toBe('Ab-_9')
  expect(findInvitationToken('token=Ab-_9')).toBe('Ab-_9')
  for (const other of ['', '#', '#token=', '#token=a b', '#other=x', '#token=<b>'])
    expect(findInvitationToken(other)).toBeUndefined()
})
