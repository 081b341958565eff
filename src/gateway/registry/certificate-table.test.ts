import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCertificateTable } from './certificate-table.ts'
import type { RegisteredCertificate } from './registered-certificate.ts'

const hash = (text: string) => createHash('sha256').update(text).digest('hex')
const make = (number: number, changes: Partial<RegisteredCertificate> = {}): RegisteredCertificate => ({
  id: `cert_${String(number).padStart(26, '0')}`,
  name: `acme-${String(number).padStart(4, '0')}`,
  organizationId: `org_${number % 7}`,
  environment: number % 2 === 0 ? 'production' : 'staging',
  issuerId: number % 5 === 0 ? '' : `iss_${number % 3}`,
  revoked: number % 11 === 0,
  isServerOnly: number % 13 === 0,
  replaced: number % 13 === 0,
  fingerprint: hash(`certificate ${number}`),
  publicKey: hash(`key ${number}`),
  notBefore: 1_790_000_000_000 + number,
  notAfter: 1_800_000_000_000 + number,
  ...changes,
})

test('the certificate table returns every certificate of several blocks unchanged', () => {
  const table = createCertificateTable()
  const count = 40_000
  for (let number = 0; number < count; number += 1) table.set(make(number))
  for (let number = 0; number < count; number += 97) {
    expect(table.findByFingerprint(hash(`certificate ${number}`))).toEqual(make(number))
    expect(table.findByPublicKey(hash(`key ${number}`))).toEqual(make(number))
  }
  expect(table.findByFingerprint(hash('certificate of nobody'))).toBeUndefined()
  expect(table.findByPublicKey(hash('certificate 1'))).toBeUndefined()
})

test('the certificate table finds nothing for a value that is not a hash', () => {
  const table = createCertificateTable()
  table.set(make(1))
  const { fingerprint } = make(1)
  for (const other of ['', 'x', fingerprint.toUpperCase(), `${fingerprint}0`, `${fingerprint.slice(0, 63)}g`])
    expect(table.findByFingerprint(other)).toBeUndefined()
  expect(() => table.set(make(2, { fingerprint: 'none' }))).toThrow('fingerprint')
  table.set(make(3, { publicKey: '' }))
  expect(table.findByFingerprint(make(3).fingerprint)?.id).toBe(make(3).id)
  expect(table.findByPublicKey('')).toBeUndefined()
})

test('the certificate table matches one map by fingerprint and one by key for any sequence of operations', () => {
  // Equal prefixes make searches collide.
  const prefixed = (number: number) => `00000${number % 3}${hash(String(number)).slice(6)}`
  const arbitrary = fc.array(
    fc.record({ certificate: fc.nat(60), key: fc.nat(40), revoked: fc.boolean(), later: fc.nat(9) }),
    { maxLength: 200 },
  )
  fc.assert(
    fc.property(arbitrary, (steps) => {
      const table = createCertificateTable()
      const byFingerprint = new Map<string, RegisteredCertificate>()
      const byKey = new Map<string, string>()
      for (const { certificate, key, revoked, later } of steps) {
        const known = byFingerprint.get(prefixed(certificate))
        // A certificate keeps its key, its ID and its name.
        const publicKey = known?.publicKey ?? prefixed(1000 + key)
        const next = make(certificate, {
          fingerprint: prefixed(certificate),
          publicKey,
          revoked,
          notAfter: later,
        })
        table.set(next)
        // A revoked certificate remains revoked.
        byFingerprint.set(next.fingerprint, { ...next, revoked: revoked || known?.revoked === true })
        byKey.set(publicKey, next.fingerprint)
      }
      for (const [fingerprint, expected] of byFingerprint)
        expect(table.findByFingerprint(fingerprint)).toEqual(expected)
      for (const [key, fingerprint] of byKey)
        expect(table.findByPublicKey(key)).toEqual(byFingerprint.get(fingerprint))
    }),
  )
})
