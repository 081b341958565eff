import { expect, test } from 'vitest'
import { changeTypeNames } from '../../../src/contract/events/change-event.ts'
import { changeSentence, changeTypeChoices } from './change-sentences.ts'

const accesses = { count: 3, from: '', until: '', addresses: [], fromOtherAddresses: 0, operations: {} }
/** A value for every member that a sentence names. */
const after = {
  ...{ name: 'Laptop', factor: 'recovery_code', requiresSecondFactor: true },
  ...accesses,
  ...{ email: 'new@x.example', side: 'new' },
  ...{ replacesId: null, environment: 'production', reason: 'superseded', kind: 'send_email' },
  ...{ attempts: 5, hint: 'abcd', mode: 'enforce', list: 'production', number: 7, matching: 1 },
  ...{ revoked: 2, skipped: 0, file: 'root.key', cause: 'restore', legalName: 'Acme Ltd', role: 'viewer' },
  email: 'zoe@acme.example',
  ...{ name: 'Terraform', prefix: 'pst4xKw', redactedRows: 3, rows: [1] },
  ...{ issuer: 'https://login.acme.example', domain: 'acme.example', isNewUser: true },
  changed: ['name', 'role'],
  ...{ origin: 'https://hooks.acme.example', enabled: true },
  verdict: 'not yet: 1 call in the last hour',
  retireAt: '2027-03-04T08:00:00.000Z',
  deadline: '2027-03-01T08:00:00.000Z',
}
const event = (type: string, changes: object = {}) =>
  ({
    type,
    subject: { kind: 'certificate', id: 'cert_1', name: 'acme-0001' },
    data: {
      before: {
        hint: 'wxyz',
        environment: 'production',
        description: 'old',
        role: 'admin',
        email: 'zoe@acme.example',
        name: 'Terraform',
        issuer: 'https://old.example',
        factors: ['passkey', 'totp'],
      },
      after,
    },
    ...changes,
  }) as unknown as Parameters<typeof changeSentence>[0]

test.each(changeTypeNames)('%s reads as a sentence', (type) => {
  expect(changeSentence(event(type))).toMatch(/^[A-Za-z].*[^.]\.$/)
  expect(changeSentence(event(type))).not.toMatch(/undefined|\[object|\b1 certificates|_/)
})

test('every type of the catalogue can be selected by a label of its own', () => {
  expect(changeTypeChoices.map(({ value }) => value).toSorted()).toEqual([...changeTypeNames].toSorted())
  expect(new Set(changeTypeChoices.map(({ label }) => label)).size).toBe(changeTypeNames.length)
})

test('a sentence names the certificate, the reason and what changed', () => {
  expect(changeSentence(event('certificate.revoked'))).toBe('acme-0001 was revoked. Reason: superseded.')
  const data = { before: { description: 'a' }, after: { description: 'b' } }
  expect(changeSentence(event('certificate.updated', { data }))).toBe('acme-0001: description changed.')
})

test('a subject without a name is told by its ID, and a type of another release by its recorded name', () => {
  const subject = { kind: 'certificate', id: 'cert_1', name: null }
  expect(changeSentence(event('certificate.issued', { subject }))).toMatch(/^cert_1 was issued/)
  expect(changeSentence(event('other', { data: { recordedAs: 'moon.landed' } }))).toContain('moon.landed')
})
