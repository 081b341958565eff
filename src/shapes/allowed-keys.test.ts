import { expect, test } from 'vitest'
import { getAllowedKeys, getProposedKey, type KeyRules } from './allowed-keys.ts'

const rules: KeyRules = {
  allowedKeys: ['rsa-2048', 'ec-p256', 'ed25519'],
  allowedKeysUntil: { 'rsa-2048': '2027-06-30', 'ec-p256': '2027-12-31' },
}

test('a kind of key is accepted up to the end of its last day, UTC', () => {
  const at = (moment: string) => getAllowedKeys(rules, Date.parse(moment))
  expect(at('2027-06-30T23:59:59.999Z')).toEqual(['rsa-2048', 'ec-p256', 'ed25519'])
  expect(at('2027-07-01T00:00:00Z')).toEqual(['ec-p256', 'ed25519'])
  expect(at('2028-01-01T00:00:00Z')).toEqual(['ed25519'])
})

test('a kind of key that ends is not proposed, also while it is accepted', () => {
  expect(getProposedKey(rules)).toBe('ed25519')
  expect(getProposedKey({ ...rules, allowedKeysUntil: {} })).toBe('ec-p256')
  expect(getProposedKey({ allowedKeys: ['rsa-3072'], allowedKeysUntil: {} })).toBe('rsa-3072')
})
