import { expect, test } from 'vitest'
import { assertSuitablePassword } from './assert-suitable-password.ts'

const names = ['ann.smith', 'Ann', 'lodz', 'Łódź Płatności S.A.', "O'Neil & Co / Ltd"]

test.each([
  'short one',
  'x'.repeat(201),
  'password1234',
  'Password123!',
  'passwordpassword',
  'qwertyuiop12',
  'aaaaaaaaaaaa',
  '123456789012',
  'trustno1trustno1',
  'postern-postern',
  'postern2026!',
  'ann.smith2026',
  'płatności2026',
  'x7'.repeat(100),
])('%s is refused', async (password) => {
  const error = await assertSuitablePassword(password, names).catch((each) => each)
  expect(error.code).toBe('password_unsuitable')
  expect(error.message).toMatch(/Choose /)
  expect(error.message).not.toContain(password)
})

test.each([
  'a long test password',
  'correct horse battery staple',
  'kzw6-7hq2-m4xd-p9vb',
  'Zażółć gęślą jaźń',
  `${'tr0ub4dor & three '.repeat(11)}xy`,
])('%s is taken', async (password) => {
  await assertSuitablePassword(password, names)
})
