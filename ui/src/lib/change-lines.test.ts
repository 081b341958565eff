import { expect, test } from 'vitest'
import { changeLines } from './change-lines.ts'

test('the lines of a change name new values and replaced ones', () => {
  expect(changeLines({ status: 'draft', owner: '' }, { status: 'pending', owner: 'Payments' })).toEqual([
    { name: 'status', text: 'pending', was: 'draft' },
    { name: 'owner', text: 'Payments' },
  ])
})

test('the lines of a change report that a value was removed', () => {
  expect(changeLines({ contacts: ['a@b.example', 'c@d.example'] }, { contacts: [] })).toEqual([
    { name: 'contacts', text: '', was: 'a@b.example, c@d.example' },
  ])
})

test('the lines of a change flatten nested records and omit empty values', () => {
  const after = {
    keyKind: 'ec-p256',
    subject: { organizationName: 'Acme', state: '' },
    contacts: [],
    by: null,
  }
  expect(changeLines(null, after)).toEqual([
    { name: 'key kind', text: 'ec-p256' },
    { name: 'subject, organization name', text: 'Acme' },
  ])
})
