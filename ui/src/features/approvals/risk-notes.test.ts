import { expect, test } from 'vitest'
import type { ApprovalView } from '../../../../src/contract/approval.ts'
import type { CertificateView } from '../../../../src/contract/certificate.ts'
import { riskNotes } from './risk-notes.ts'

const requested = (parts: Partial<CertificateView>, request: Partial<CertificateView['request']> = {}) =>
  ({
    certificate: {
      keyKind: 'ec_p256',
      external: null,
      replaces: null,
      description: 'Payouts',
      contacts: ['platform@acme.example'],
      subject: { organizationName: 'Acme Ltd', country: 'GB', state: 'Kent' },
      request: { differences: [], requestedPrivileges: [], ...request },
      ...parts,
    },
    organization: { slug: 'acme', legalName: 'Acme Ltd' },
  }) as unknown as ApprovalView

test('an ordinary CSR has no risk notes', () => expect(riskNotes(requested({}))).toEqual([]))

test.each([
  [requested({}, { requestedPrivileges: ['to be a CA'] }), ['The CSR asks to be a CA']],
  [
    requested({}, { differences: [{ field: 'Organization (O)', requested: 'Globex', certified: 'Acme' }] }),
    ['an organization name that differs'],
  ],
  [
    requested(
      {},
      { differences: [{ field: 'Alternative name', requested: 'dns:bank.example', certified: '' }] },
    ),
    ['other names: dns:bank.example'],
  ],
  [
    requested({ subject: { organizationName: 'Аcme Ltd', country: 'GB', state: 'Kent' } }),
    ['name “Аcme Ltd”, not the legal name', '“Аcme” mixes Latin and Cyrillic letters'],
  ],
  [requested({ keyKind: 'rsa_2048' }), ['RSA 2048']],
  [requested({ contacts: [] }), ['Only the requester']],
  [requested({ description: '' }), ['purpose of the certificate']],
  [
    requested({ external: { subject: 'CN=Аcme', issuer: 'CN=Other CA' } as CertificateView['external'] }),
    ['CN=Other CA issued', 'not contain the organization', '“Аcme” mixes'],
  ],
])('the risk notes name what an operator should check', (approval, words) => {
  expect(riskNotes(approval)).toEqual(words.map((word) => expect.stringContaining(word)))
})
