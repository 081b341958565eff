import { expect, test } from 'vitest'
import { toErrorDescription } from './error-description.ts'

test('an error description keeps the meaning of its sentence in the characters of RFC 6749, section 5.2', () => {
  expect(toErrorDescription('The gateway’s “name” – "x" … is Łódź\\n\n')).toBe(
    "The gateway's 'name' - 'x' ... is ??d??n?",
  )
})
