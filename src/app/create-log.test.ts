import { expect, test } from 'vitest'
import { PosternError } from '../errors.ts'
import { describeError } from './create-log.ts'

test('an error of PostgreSQL is logged without the values that it repeats', () => {
  const error = Object.assign(new Error('invalid input syntax for type bigint: "s3cret"'), {
    ...{ code: '22P02', detail: 'Failing row contains (s3cret).', where: 's3cret', query: 's3cret' },
  })
  const described = describeError(new PosternError('storage_unavailable', 'Away.', { cause: error }))
  expect(JSON.stringify(described)).not.toContain('s3cret')
  expect(described).toMatchObject({
    ...{ type: 'PosternError', code: 'storage_unavailable', message: 'Away.' },
    cause: { type: 'Error', code: '22P02', message: 'The store has rejected a value.' },
  })
})

test('other errors are logged with their message and stack', () => {
  expect(describeError(new TypeError('x is not a function'))).toMatchObject({
    ...{ type: 'TypeError', message: 'x is not a function' },
    stack: expect.stringContaining('create-log.test.ts'),
  })
})
