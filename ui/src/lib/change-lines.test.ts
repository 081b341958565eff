import { expect, test } from 'vitest'
import { changeLines } from './change-lines.ts'

test('names what is new, and what another value was before', () => {
  expect(changeLines({ status: 'draft', owner: '' }, { status: 'pending', owner: 'Payments' })).toEqual([
    { name: 'status', text: 'pending', was: 'draft' },
    { name: 'owner', text: 'Payments' },
  ])
})

test('says that a value was taken away', () => {
  expect(changeLines({ contacts: ['a@b.example', 'c@d.example'] }, { contacts: [] })).toEqual([
    { name: 'contacts', text: '', was: 'a@b.example, c@d.example' },
  ])
})

test('opens records within records and leaves out what says nothing', () => {
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
