import { scryptSync } from 'node:crypto'
import { hashPassword, verifyPassword } from 'better-auth/crypto'
import { expect, test } from 'vitest'
import {
  hashPassword as hashQuickly,
  verifyPassword as verifyQuickly,
} from '../../test/support/quick-passwords.ts'

const password = 'zażółć gęślą jaźń'
/** 32 MiB of memory and some tens of milliseconds for each guess. */
const cost = { N: 16_384, r: 16, p: 1, maxmem: 64 * 1024 * 1024 }

test('the hash of a password costs whoever guesses 32 MiB for each try', async () => {
  const [salt = '', key] = (await hashPassword(password)).split(':')
  expect(salt).toMatch(/^[0-9a-f]{32}$/)
  expect(scryptSync(password.normalize('NFKC'), salt, 64, cost).toString('hex')).toBe(key)
})

test('what stands in for it in other tests tells passwords apart, and reads the hashes of Postern', async () => {
  for (const hash of [await hashQuickly(password), await hashPassword(password)]) {
    expect(await verifyQuickly({ hash, password })).toBe(true)
    expect(await verifyQuickly({ hash, password: `${password}.` })).toBe(false)
  }
  const hash = await hashQuickly(password)
  expect(await hashQuickly(password)).not.toBe(hash)
  // A hash that a test has made opens no door of Postern.
  expect(await verifyPassword({ hash, password })).toBe(false)
})
