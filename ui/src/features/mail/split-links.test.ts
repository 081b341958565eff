import { expect, test } from 'vitest'
import { splitLinks } from './split-links.ts'

const origin = 'https://portal.example'

test('finds the addresses of the portal and leaves the sentence around them', () => {
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
])('keeps %s as text', (text) => expect(splitLinks(text, origin)).toEqual([{ text }]))

test('nothing of the text is lost', () => {
  const text = 'a https://portal.example/1 b https://evil.example c https://portal.example/2)'
  expect(
    splitLinks(text, origin)
      .map((part) => part.text)
      .join(''),
  ).toBe(text)
})
