import { expect, test } from 'vitest'
import { findLinkToken } from './link-token.ts'

test('a token is read from the fragment of a link, and from nothing else', () => {
  expect(findLinkToken('#token=Ab-_9')).toBe('Ab-_9')
  expect(findLinkToken('token=Ab-_9')).toBe('Ab-_9')
  for (const other of ['', '#', '#token=', '#token=a b', '#other=x', '#token=<b>'])
    expect(findLinkToken(other)).toBeUndefined()
})
