import { expect, test } from 'vitest'
import { parseFilter, parsePath } from './path.ts'
import { readPatch, readPerson } from './read-body.ts'
import type { ScimPerson } from './scim-person.ts'

const ann: ScimPerson = readPerson({
  userName: 'ann@acme.example',
  externalId: 'a1',
  emails: [{ value: 'Ann@acme.example', type: 'work' }],
  roles: [{ value: 'developer' }],
  active: true,
})
const change = (...operations: unknown[]) => readPatch({ Operations: operations })(ann)

test('paths are read with their filter and their part, in any letter case', () => {
  expect(parsePath('Name.FamilyName')).toEqual({ attribute: 'name', sub: 'familyname' })
  expect(parsePath('emails[Type eq "work" and primary eq true].Value')).toEqual({
    attribute: 'emails',
    filter: [
      { path: { attribute: 'type' }, value: 'work' },
      { path: { attribute: 'primary' }, value: true },
    ],
    sub: 'value',
  })
  const department = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department'
  expect(parsePath(department)).toEqual({ attribute: department.toLowerCase() })
  expect(parsePath('urn:ietf:params:scim:schemas:core:2.0:User:name.givenName')).toEqual({
    attribute: 'name',
    sub: 'givenname',
  })
})

test('a long text is refused as fast as a short one', () => {
  const texts = [
    'a'.repeat(1e6),
    '"'.repeat(999),
    '['.repeat(999),
    '\\"'.repeat(499),
    `"${'\\'.repeat(900)}`,
    ' '.repeat(999),
  ]
  for (const text of texts) {
    expect(() => parsePath(text)).toThrow(/path/)
    expect(() => parseFilter(text)).toThrow(/filters/)
  }
})

test.each([
  [
    'a capital op and a boolean as text',
    [{ op: 'Replace', path: 'active', value: 'False' }],
    { active: false },
  ],
  ['no path', [{ op: 'replace', value: { active: false } }], { active: false }],
  [
    'paths as names',
    [{ op: 'Add', value: { 'name.givenName': 'Ann', 'emails[type eq "work"].value': 'b@acme.example' } }],
    { givenName: 'Ann', email: 'b@acme.example' },
  ],
  [
    'an address for home',
    [{ op: 'add', path: 'emails[type eq "home"].value', value: 'h@x.test' }],
    { email: 'Ann@acme.example' },
  ],
  [
    'addresses of which one is primary',
    [
      {
        op: 'replace',
        path: 'emails',
        value: [{ value: 'h@x.test' }, { value: 'p@acme.example', primary: 'True' }],
      },
    ],
    { email: 'p@acme.example' },
  ],
  [
    'a private address beside',
    [{ op: 'add', path: 'emails', value: [{ value: 'h@x.test', type: 'home' }] }],
    { email: 'Ann@acme.example' },
  ],
  [
    'a removal of the address',
    [{ op: 'remove', path: 'emails[value eq "ann@acme.example"]' }],
    { email: null },
  ],
  ['an empty externalId', [{ op: 'replace', path: 'externalId', value: '' }], { externalId: null }],
  ['a removal of the name', [{ op: 'remove', path: 'name' }], { formatted: null, givenName: null }],
  ['a role as text', [{ op: 'replace', path: 'roles', value: 'ADMIN' }], { roles: ['admin'] }],
  [
    'a second role',
    [{ op: 'add', path: 'roles', value: [{ value: 'viewer' }] }],
    { roles: ['developer', 'viewer'] },
  ],
  [
    'the only primary role',
    [{ op: 'Add', path: 'roles[primary eq "True"].value', value: 'admin' }],
    { roles: ['admin'] },
  ],
  [
    'an attribute that is not kept',
    [{ op: 'replace', path: 'phoneNumbers[type eq "work"].value', value: '1' }],
    {},
  ],
])('a PATCH with %s', (_, operations, expected) => {
  expect(change(...operations)).toEqual({ ...ann, ...expected })
})

test('an odd name of a member is an unknown attribute', () => {
  for (const name of ['constructor', 'toString', 'hasOwnProperty'])
    expect(() => change({ op: 'replace', path: name, value: 1 })).toThrow(/no such attribute/)
})
