import { expect, test } from 'vitest'
import { type ConstrainedName, getHost, isInSubtree } from './general-subtree.ts'

const textName = (kind: ConstrainedName['kind'], text: string): ConstrainedName => ({
  kind,
  parts: [text],
  octets: new Uint8Array(),
})
const address = (...octets: number[]): ConstrainedName => ({
  kind: 'ip',
  parts: [],
  octets: Uint8Array.from(octets),
})

/** RFC 5280, section 4.2.1.10, with its own examples where it has any. */
test.each([
  ['dns', 'host.example.com', 'host.example.com', true],
  ['dns', 'www.host.example.com', 'host.example.com', true],
  ['dns', 'host1.example.com', 'host.example.com', false],
  ['dns', 'badexample.com', 'example.com', false],
  ['dns', 'EXAMPLE.com', 'example.COM', true],
  ['dns', 'example.com', '.example.com', false],
  ['dns', 'any.example', '', true],
  ['email', 'a@example.com', 'example.com', true],
  ['email', 'a@mail.example.com', 'example.com', false],
  ['email', 'a@mail.example.com', '.example.com', true],
  ['email', 'a@example.com', '.example.com', false],
  ['email', 'a@example.com', 'A@example.com', false],
  ['email', 'a@EXAMPLE.com', 'a@example.com', true],
  ['email', 'a@example.com@evil.test', 'example.com', false],
  ['uri', 'https://host.example.com/x', 'host.example.com', true],
  ['uri', 'https://user@host.example.com:8443/x', '.example.com', true],
  ['uri', 'https://evil.test/host.example.com', 'host.example.com', false],
  ['uri', 'https://host.example.com@evil.test/', 'host.example.com', false],
] as const)('the %s %s is in the subtree %s: %s', (kind, name, root, expected) => {
  expect(isInSubtree(textName(kind, name), textName(kind, root))).toBe(expected)
})

test.each([
  [address(192, 0, 2, 7), address(192, 0, 2, 0, 255, 255, 255, 0), true],
  [address(192, 0, 3, 7), address(192, 0, 2, 0, 255, 255, 255, 0), false],
  [address(192, 0, 2, 7), address(0, 0, 0, 0, 0, 0, 0, 0), true],
  [address(192, 0, 2, 7), address(192, 0, 2, 0), false],
])('addresses are compared under the mask of the constraint', (name, root, expected) => {
  expect(isInSubtree(name, root)).toBe(expected)
})

test.each([
  'urn:postern:x',
  'https://192.0.2.1/',
  'https://[2001:db8::1]/',
  'mailto:a@example.com',
  'https:///x',
])('the URI %s has no host name', (uri) => {
  expect(getHost(uri)).toBe('')
})
