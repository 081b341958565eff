import { describe, expect, test } from 'vitest'
import type { ParsedCertificate } from '../certificate/certificate.ts'
import { constructedTag, primitiveTag, tags } from '../der/der-tags.ts'
import { element, oid, sequence, setOf, textElement } from '../der/der-writer.ts'
import { oids } from '../der/oids.ts'
import { encodeName } from '../name/name.ts'
import { addConstraints, areNamesAllowed, noConstraints } from './name-constraints.ts'

const kinds = { email: 1, dns: 2, uri: 6 }
const text = (kind: keyof typeof kinds, value: string) => textElement(primitiveTag(kinds[kind]), value)
const ip = (...octets: number[]) => element(primitiveTag(7), Uint8Array.from(octets))
const constraints = (permitted: Uint8Array[], excluded: Uint8Array[] = []) => {
  const list = (number: number, roots: Uint8Array[]) =>
    roots.length === 0 ? [] : [element(constructedTag(number), ...roots.map((root) => sequence(root)))]
  return addConstraints(noConstraints, sequence(...list(0, permitted), ...list(1, excluded)))
}
const subject = (email?: string) => {
  const name = email === undefined ? [] : [{ type: oids.emailAddress, value: email }]
  return { subject: name, subjectDer: encodeName(name) } as unknown as ParsedCertificate
}
const isAllowed = (name: Uint8Array, permitted: Uint8Array[], excluded: Uint8Array[] = []) =>
  areNamesAllowed(subject(), sequence(name), constraints(permitted, excluded))

describe('an excluded subtree', () => {
  test.each([
    ['dns', '*.example.com', 'secret.example.com', false],
    ['dns', '*.example.com', '.secret.example.com', false],
    ['dns', '*.EXAMPLE.com', 'secret.example.COM', false],
    ['dns', '*.com', 'example.com', false],
    ['dns', '*.example.com', 'example.com', false],
    ['dns', '*.example.com', '.example.com', false],
    ['dns', '*.example.com', '', false],
    ['dns', '*.example.com', 'example.org', true],
    ['dns', '*.example.com', 'badexample.com', true],
    ['dns', 'host.example.com.', 'example.com', false],
    ['dns', 'host.example.com.', 'example.org', false],
    ['dns', 'host..example.com', 'example.org', false],
    ['dns', '.example.com', 'example.org', false],
    ['dns', 'a.*.example.com', 'example.org', false],
    ['dns', 'b\u00fccher.example', 'example.org', false],
    ['dns', '', 'example.org', false],
    ['dns', '192.0.2.1', 'example.org', false],
    ['dns', 'host.example.com', 'example.org', true],
    ['dns', 'host.example.com', 'exa mple.org', false],
    ['dns', 'host.example.com', '*.example.org', false],
    ['dns', 'host.example.com', 'example.org.', false],
    ['email', 'a@example.com', 'example.org', true],
    ['email', 'a@EXAMPLE.org', 'example.org', false],
    ['email', 'a@example.org.', 'example.org', false],
    ['email', '"a"@example.com', 'a@example.com', false],
    ['email', 'example.com', 'example.org', false],
    ['email', 'a@b@example.com', 'example.org', false],
    ['email', '@example.com', 'example.org', false],
    ['email', 'a@', 'example.org', false],
    ['email', 'a@[192.0.2.1]', 'example.org', false],
    ['email', 'a@example.com', '', false],
    ['email', 'a@example.com', '@example.org', false],
    ['uri', 'https://host.example.com/', 'example.org', true],
    ['uri', 'https://host.example.com/', '', false],
    ['uri', 'https://host.example.com./', 'host.example.com', false],
    ['uri', 'https://host.example.com:443/', 'host.example.com', false],
    ['uri', 'https://a@b@host.example.org/', 'example.com', false],
    ['uri', 'https://host.example.org\\@example.com/', 'example.net', false],
    ['uri', 'https://h%6fst.example.com/', 'host.example.com', false],
    ['uri', 'https://127.1/', 'example.org', false],
    ['uri', 'https://0x7f000001/', 'example.org', false],
    ['uri', 'https://[2001:db8::1]/', 'example.org', false],
    ['uri', 'urn:postern:x', 'example.org', false],
  ] as const)('applies to the %s name %s with the root %s: allowed %s', (kind, name, root, expected) => {
    expect(isAllowed(text(kind, name), [], [text(kind, root)])).toBe(expected)
  })
})

describe('a permitted subtree', () => {
  test.each([
    ['dns', '*.example.com', 'example.com', true],
    ['dns', '*.example.com', '.example.com', true],
    ['dns', '*.example.com', 'secret.example.com', false],
    ['dns', 'host.example.com', '', true],
    ['dns', 'host.example.com.', 'example.com', false],
    ['dns', 'host.example.com', 'example.com.', false],
    ['dns', '*', '', false],
    ['email', 'a@example.com', 'example.com', true],
    ['email', 'a@evil.test@example.com', 'example.com', false],
    ['email', 'a b@example.com', 'example.com', false],
    ['uri', 'https://host.example.com/x', '.example.com', true],
    ['uri', 'https://evil.test\\.example.com/x', '.example.com', false],
    ['uri', 'https://evil.test%2f.example.com/x', '.example.com', false],
    ['uri', 'https://host.example.com', '', true],
  ] as const)('applies to the %s name %s with the root %s: allowed %s', (kind, name, root, expected) => {
    expect(isAllowed(text(kind, name), [text(kind, root)])).toBe(expected)
  })
})

test.each([
  [[192, 0, 2, 1], [192, 0, 2, 0, 255, 255, 255, 0], false],
  [[192, 0, 3, 1], [192, 0, 2, 0, 255, 255, 255, 0], true],
  [[192, 0, 3, 1], [192, 0, 2, 0, 255, 0, 255, 0], false],
  [[192, 0, 3, 1], [192, 0, 2, 0], false],
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1], [192, 0, 2, 0, 255, 255, 255, 0], false],
] as const)('the address %j with the excluded %j: allowed %s', (address, root, expected) => {
  expect(isAllowed(ip(...address), [], [ip(...root)])).toBe(expected)
})

test('constraints of mailboxes apply to the subject and to mailboxes in UTF-8', () => {
  const onlyExample = constraints([text('email', 'example.com')])
  expect(areNamesAllowed(subject('a@example.com'), undefined, onlyExample)).toBe(true)
  expect(areNamesAllowed(subject('a@evil.test'), undefined, onlyExample)).toBe(false)
  expect(areNamesAllowed(subject('nobody'), undefined, onlyExample)).toBe(false)
  const mailbox = element(constructedTag(0), textElement(tags.utf8String, 'a@evil.test'))
  const other = (type: string) => element(constructedTag(0), oid(type), mailbox)
  expect(areNamesAllowed(subject(), sequence(other(oids.smtpUtf8Mailbox)), onlyExample)).toBe(false)
  expect(areNamesAllowed(subject(), sequence(other('1.2.3.4')), onlyExample)).toBe(true)
})

test('directory names are compared by their relative names, regardless of case and spaces', () => {
  const directory = (...values: string[]) =>
    element(
      constructedTag(4),
      sequence(
        ...values.map((value) =>
          setOf([sequence(oid(oids.organizationName), textElement(tags.utf8String, value))]),
        ),
      ),
    )
  const root = directory('Acme Ltd')
  expect(isAllowed(directory('ACME  ltd ', 'x'), [root])).toBe(true)
  expect(isAllowed(directory('ACME  ltd ', 'x'), [], [root])).toBe(false)
  expect(isAllowed(directory('x', 'Acme Ltd'), [root])).toBe(false)
  expect(isAllowed(directory('Acme Ltd x'), [root])).toBe(false)
  expect(isAllowed(directory(), [root])).toBe(false)
})
