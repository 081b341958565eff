import { expect, test } from 'vitest'
import { PosternError } from '../errors.ts'
import { describeFailure } from './describe-failure.ts'

test.each([
  ['portal-process', new PosternError('config_invalid', 'Set it.'), 78],
  ['gateway-process', new PosternError('master_key_wrong', 'Give the right key.'), 78],
  ['portal-process', new PosternError('storage_unavailable', 'It is of a newer release.'), 78],
  ['portal-process', new PosternError('issuer_unavailable', 'The token is away.'), 1],
  ['serve', new PosternError('config_invalid', 'Set it.'), 1],
  ['portal-process', new Error('what nobody expects'), 1],
  ['portal-process', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 1],
])('the command %s that fails with %s ends with exit code %i', (command, error, exitCode) => {
  expect(describeFailure(error, command).exitCode).toBe(exitCode)
})

test('the message for an unavailable store names the store and has no stack', () => {
  const { sentence } = describeFailure(Object.assign(new Error('x'), { errcode: 13 }), 'audit')
  expect(sentence).toMatch(/postern\.db has no space left\. Free space\. \(SQLITE_13: x\) Then try again\.$/)
})
