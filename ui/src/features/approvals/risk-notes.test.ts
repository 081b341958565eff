import { expect, test } from 'vitest'
import type { CertificateView } from '../../../../src/contract/certificate.ts'
import { riskNotes } from './risk-notes.ts'

const requested = (parts: Partial<CertificateView>, request: Partial<CertificateView['request']> = {}) =>
  ({
    keyKind: 'ec-p256',
    replaces: null,
    description: 'Payouts',
    contacts: ['platform@acme.example'],
    request: { differences: [], asksForPower: [], ...request },
    ...parts,
  }) as unknown as CertificateView

test('an ordinary request has nothing to look at twice', () => expect(riskNotes(requested({}))).toEqual([]))

test.each([
  [requested({}, { asksForPower: ['to be a CA'] }), 'It asks to be a CA'],
  [
    requested({}, { differences: [{ field: 'Organization (O)', asked: 'Globex', given: 'Acme' }] }),
    'another organization name',
  ],
  [requested({ keyKind: 'rsa-2048' }), 'RSA 2048'],
  [requested({ contacts: [] }), 'Nobody is written to'],
  [requested({ description: '' }), 'what it is for'],
])('names what an operator should see', (certificate, words) => {
  expect(riskNotes(certificate)).toEqual([expect.stringContaining(words)])
})
