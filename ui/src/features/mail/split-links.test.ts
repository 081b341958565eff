import { expect, test } from 'vitest'
import { splitLinks } from './split-links.ts'

const origin = 'https://portal.example'

test('an email is split at the URLs of the portal, and the text around them is kept', () => {
  expect(splitLinks('Ready: https://portal.example/o/acme?x=1. Bye', origin)).toEqual([
    { text: 'Ready: ' },
    { text: 'https://portal.example/o/acme?x=1', path: '/o/acme?x=1' },
    { text: '. Bye' },
  ])
})

test.each([
  ['see https://evil.example/'],
  ['see https://portal.example.evil.example/'],
  ['see https://portal.example@evil.example/'],
  ['see https://somebody@portal.example/'],
  ['see http://portal.example/'],
  ['javascript:alert(1)'],
  ['<a href="x">x</a>'],
])('splitting an email keeps %s as text', (text) => expect(splitLinks(text, origin)).toEqual([{ text }]))

test('splitting an email loses no text', () => {
  const text = 'a https://portal.example/1 b https://evil.example c https://portal.example/2)'
  expect(
    splitLinks(text, origin)
      .map((part) => part.text)
      .join(''),
  ).toBe(text)
})
