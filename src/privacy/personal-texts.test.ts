import { expect, test } from 'vitest'
import { createReplacement, type PersonalTexts } from './personal-texts.ts'

const create = (texts: Partial<PersonalTexts>) =>
  createReplacement({ ids: ['usr_1'], addresses: [], ownAddresses: [], names: [], ...texts }, 'X')

test.each([
  ['alone, in any case', 'ANN-b.c@acme.example', 'X'],
  ['in a sentence', '(ann-b.c@acme.example). <ann-b.c@acme.example>', '(X). <X>'],
  ['after a colon and a slash', 'ready:cert/ann-b.c@acme.example', 'ready:cert/X'],
  ['not as the end of another', 'joann-b.c@acme.example x.ann-b.c@acme.example', undefined],
  ['not as the start of another', 'ann-b.c@acme.example.org ann-b.c@acme.examples', undefined],
])('an address is replaced %s', (_, text, expected = text) => {
  expect(create({ addresses: ['ann-b.c@acme.example'] }).replaceText(text)).toBe(expected)
})

test('a name is replaced in own rows, in what people write, and not where a role is called the same', () => {
  const { replaceJson } = create({ names: ['Admin', 'Łódź (Płatności) S.A.'] })
  const json = JSON.stringify({
    role: 'admin',
    name: 'Key of ŁÓDŹ (płatności) S.A.',
    list: [{ label: 'Admins' }],
  })
  expect(JSON.parse(replaceJson(json, { isOwn: true }))).toEqual({
    role: 'admin',
    name: 'Key of X',
    list: [{ label: 'Admins' }],
  })
  expect(replaceJson(json)).toBe(json)
})

test('contacts lose the address, so that each of the others stays one', () => {
  const { replaceJson } = create({ addresses: ['ann@acme.example'] })
  expect(replaceJson('["Ann@acme.example"]', { dropContacts: true })).toBe('[]')
  expect(replaceJson('{"contacts":["Ann@acme.example","b@acme.example"]}', { dropContacts: true })).toBe(
    '{"contacts":["b@acme.example"]}',
  )
})

test('what names nobody keeps its octets, JSON or not', () => {
  const { replaceJson } = create({ addresses: ['ann@acme.example'], names: ['Ann'] })
  for (const text of ['{ "a" : 1.0 }', 'no JSON', '']) expect(replaceJson(text, { isOwn: true })).toBe(text)
})
