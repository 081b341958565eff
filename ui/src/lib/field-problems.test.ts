import { expect, test } from 'vitest'
import { ApprovalDecision } from '../../../src/contract/approval.ts'
import { CertificateChange } from '../../../src/contract/certificate.ts'
import { CredentialChange, NewCredential } from '../../../src/contract/credential.ts'
import { PasswordChange } from '../../../src/contract/session.ts'
import { findMisfits, findRefused } from './field-problems.ts'

test('a body that fits has no problems', () => {
  expect(findMisfits(CertificateChange, { description: 'x', contacts: ['a@acme.example'] }, {})).toEqual({})
})

test('a field has the sentence of the API, and a list is one field', () => {
  expect(
    findMisfits(
      CertificateChange,
      { description: 'x'.repeat(501), owner: 'a\u202eb', contacts: ['a@acme.example', 'x', 'y'] },
      {},
    ),
  ).toEqual({
    description: 'Must have at most 500 characters.',
    owner:
      'Holds characters that cannot be seen, such as a line break, a control character or a direction mark.',
    contacts: 'Must be an email address.',
  })
})

test.each([
  [
    PasswordChange,
    { currentPassword: 'x', newPassword: 'short' },
    { newPassword: 'Must have at least 12 characters.' },
  ],
  [
    ApprovalDecision,
    { decision: 'reject', reason: ' ' },
    { reason: 'Must not be empty: a rejection needs a reason.' },
  ],
  [CredentialChange, { name: ' ' }, { name: 'Must not be empty.' }],
])('a rule of the contract stands beside its field', (schema, body, problems) => {
  expect(findMisfits(schema, body, {})).toEqual(problems)
})

test('a part of the body stands at the field that a person has filled in', () => {
  const names = { jwks: 'keys', tlsClientAuth: 'value', 'tlsClientAuth.kind': 'kind' }
  const body = { name: 'a', jwks: { keys: [] }, tlsClientAuth: { kind: 'x', value: '' } }
  expect(Object.keys(findMisfits(NewCredential, body, names)).sort()).toEqual(['keys', 'kind', 'value'])
})

test('what the API refuses stands at its field', () => {
  const errors = [
    {
      ...{ in: 'body' as const, pointer: '/contacts/0' },
      ...{ code: 'wrong_format', message: 'Must be an email address.' },
    },
    {
      ...{ in: 'body' as const, pointer: '/subject/country' },
      ...{ code: 'required', message: 'Is missing.' },
    },
    {
      ...{ in: 'body' as const, pointer: '/sta~1~0uts' },
      ...{ code: 'unknown_member', message: 'Is not a field. Did you mean `status`?' },
    },
  ]
  expect(findRefused({ errors }, { 'subject.country': 'country' })).toEqual({
    contacts: 'Must be an email address.',
    country: 'Is missing.',
    'sta/~uts': 'Is not a field. Did you mean `status`?',
  })
})
