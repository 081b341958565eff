import { expect, test } from 'vitest'
import type { SignalView } from '../../../../src/contract/signal.ts'
import { describeSignal } from './describe-signal.ts'

const shared = {
  ...{ id: 'sig_1', environment: 'production' },
  ...{ firstSeenAt: '2027-03-01T08:00:00.000Z', lastSeenAt: '2027-03-01T08:00:00.000Z' },
  ...{ resolvedAt: null, dismissedAt: null, dismissedBy: null },
}
const certificate = { id: 'cert_1', name: 'acme-0001', description: 'Payments' }
const noon = '2027-01-02T12:00:00.000Z'

test.each<[SignalView, string, string, string]>([
  [
    { ...shared, kind: 'certificate_unused', certificate, lastUsedAt: noon, afterDays: 45 },
    'acme-0001 has not been used since 2 Jan 2027',
    'Review certificate',
    'certificate',
  ],
  [
    { ...shared, kind: 'certificate_unused', certificate, lastUsedAt: null, afterDays: null },
    'acme-0001 has never been used',
    'Review certificate',
    'certificate',
  ],
  [
    {
      ...shared,
      kind: 'replacement_unused',
      certificate,
      replaces: certificate,
      issuedAt: noon,
      afterDays: 10,
    },
    'acme-0001 has never been used',
    'Continue rotation',
    'rotation',
  ],
  [
    { ...shared, kind: 'revoked_certificate_used', certificate, revokedAt: noon, lastDeniedAt: noon },
    'Calls with acme-0001 go on after its revocation',
    'Find client',
    'certificate',
  ],
  [
    { ...shared, kind: 'new_address', certificate, network: '203.0.113.0/24' },
    'acme-0001 is used from a new network',
    'Review calls',
    'certificate',
  ],
  [
    { ...shared, kind: 'key_kind_ends', certificate, keyKind: 'rsa_2048', acceptedUntil: '2027-06-30' },
    'New certificates can have a key like that of acme-0001 until 30 Jun 2027',
    'Rotate certificate',
    'certificate',
  ],
  [
    { ...shared, kind: 'key_kind_ends', certificate, keyKind: 'rsa_2048', acceptedUntil: null },
    'New certificates can no longer have a key like that of acme-0001',
    'Rotate certificate',
    'certificate',
  ],
  [
    {
      ...shared,
      kind: 'secret_old',
      credential: { id: 'cred_1', name: 'Nightly', clientId: 'c' },
      ...{ secretCreatedAt: noon, afterDays: 100 },
    },
    'The client secret of Nightly is old',
    'Rotate secret',
    'credentials',
  ],
])('a signal has words and one action (%#)', (signal, title, action, page) => {
  expect(describeSignal(signal)).toMatchObject({ id: 'sig_1', title, action, leadsTo: { page } })
})

test('a signal names the days of the configuration, and none where there are none', () => {
  const detailOf = (afterDays: number | null) =>
    describeSignal({ ...shared, kind: 'certificate_unused', certificate, lastUsedAt: noon, afterDays }).detail
  expect(detailOf(45)).toBe(
    'Revoke it if nothing needs it. Payments. Certificates are named here after 45 days without a call.',
  )
  expect(detailOf(1)).toContain('after 1 day without a call')
  expect(detailOf(null)).toBe('Revoke it if nothing needs it. Payments.')
})
