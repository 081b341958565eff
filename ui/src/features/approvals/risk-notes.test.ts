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
      certifiedSubject: { organizationName: 'Acme Ltd', country: 'GB', state: 'Kent' },
      request: { differences: [], requestedPrivileges: [], ...request },
      ...parts,
    },
    organization: { slug: 'acme', legalName: 'Acme Ltd' },
  }) as unknown as ApprovalView

test('an ordinary CSR has no risk notes', () =>
  expect(riskNotes(requested({}))).toEqual({ risks: [], remarks: [] }))

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
    requested({ certifiedSubject: { organizationName: 'Аcme Ltd', country: 'GB', state: 'Kent' } }),
    ['name “Аcme Ltd”, not the legal name', '“Аcme” mixes Latin and Cyrillic letters'],
  ],
  [
    requested({ external: { subject: 'CN=Аcme', issuer: 'CN=Other CA' } as CertificateView['external'] }),
    ['not contain the organization', '“Аcme” mixes'],
  ],
])('an operator is warned where something may be wrong', (approval, words) => {
  expect(riskNotes(approval).risks).toEqual(words.map((word) => expect.stringContaining(word)))
})

test.each([
  [requested({ keyKind: 'rsa_2048' }), 'RSA 2048'],
  [requested({ contacts: [] }), 'Only the requester'],
  [requested({ description: '' }), 'purpose of the certificate'],
  [
    requested({ external: { subject: 'O=Acme Ltd', issuer: 'CN=Other CA' } as CertificateView['external'] }),
    'CN=Other CA issued',
  ],
])('what is true of many CSRs is a remark and no risk', (approval, word) => {
  expect(riskNotes(approval)).toEqual({ risks: [], remarks: [expect.stringContaining(word)] })
})
