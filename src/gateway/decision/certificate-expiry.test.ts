import { expect, test } from 'vitest'
import type { RegisteredCertificate } from '../registry/registered-certificate.ts'
import type { RegisteredIssuer } from '../registry/registered-parties.ts'
import { createRegistry } from '../registry/registry.ts'
import { findExpiryDate } from './certificate-expiry.ts'
import type { PresentedCertificate } from './presented-certificate.ts'

const day = 86_400_000
const notAfter = Date.parse('2027-02-01T08:00:00Z')
const fingerprint = 'ab'.repeat(32)
const presented = (of = fingerprint) => ({ fingerprint: of }) as PresentedCertificate

function open(changes: Partial<RegisteredCertificate> = {}) {
  const registry = createRegistry()
  const certificate: RegisteredCertificate = {
    ...{ id: 'cert_1', name: 'acme-0001', organizationId: 'org_1', environment: 'production' },
    ...{
      issuerId: 'iss_1',
      revoked: false,
      replaced: false,
      isServerOnly: false,
      fingerprint,
      publicKey: 'cd'.repeat(32),
    },
    ...{ notBefore: 0, notAfter, ...changes },
  }
  registry.setCertificate({ ...certificate, revocation: null })
  let lookups = 0
  return {
    set: (more: Partial<RegisteredCertificate>) => registry.setCertificate({ ...certificate, ...more }),
    setIssuers: registry.setIssuers,
    lookups: () => lookups,
    asked: {
      ...registry,
      findByFingerprint(of: string) {
        lookups += 1
        return registry.findByFingerprint(of)
      },
    },
  }
}

test('the expiry is told from 30 days before, on a connection that was opened earlier too', () => {
  const { asked, lookups } = open()
  const connection = presented()
  for (let days = 90; days > 30; days -= 1)
    expect(findExpiryDate(asked, connection, notAfter - days * day)).toBeUndefined()
  expect(findExpiryDate(asked, connection, notAfter - 30 * day - 1)).toBeUndefined()
  expect(lookups()).toBe(1)
  for (const days of [30, 29, 1, 0, -3])
    expect(findExpiryDate(asked, connection, notAfter - days * day)).toBe('Mon, 01 Feb 2027 08:00:00 GMT')
  expect(lookups()).toBe(1)
})

test('the expiry is not told of a replaced, revoked or unknown certificate', () => {
  const now = notAfter - day
  const { asked, set } = open()
  const connection = presented()
  expect(findExpiryDate(asked, connection, now)).toBeDefined()
  set({ replaced: true })
  expect(findExpiryDate(asked, connection, now)).toBeUndefined()
  // Its replacement was revoked.
  set({ replaced: false })
  expect(findExpiryDate(asked, connection, now)).toBeDefined()
  set({ revoked: true })
  expect(findExpiryDate(asked, connection, now)).toBeUndefined()
  expect(findExpiryDate(asked, presented('ef'.repeat(32)), now)).toBeUndefined()
  expect(findExpiryDate(asked, undefined, now)).toBeUndefined()
})

test('the retirement of the issuer is told if it is earlier', () => {
  const { asked, setIssuers } = open()
  const retiresAt = Date.parse('2026-12-01T00:00:00Z')
  const connection = presented()
  expect(findExpiryDate(asked, connection, retiresAt - day)).toBeUndefined()
  setIssuers([{ id: 'iss_1', environment: 'production', retiresAt, isExternal: false } as RegisteredIssuer])
  expect(findExpiryDate(asked, connection, retiresAt - day)).toBe('Tue, 01 Dec 2026 00:00:00 GMT')
})
