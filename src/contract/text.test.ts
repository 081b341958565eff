import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { ApprovalDecision } from './approval.ts'
import { NewCertificate } from './certificate.ts'
import { NewCredential } from './credential.ts'
import { line } from './text.ts'

const read = (text: string, schema: z.ZodType = line(100)) => schema.safeParse(text)

describe('a line', () => {
  test.each([
    ['zero width space', 'Ac\u200bme'],
    ['zero width joiner between Latin letters', 'Ac\u200dme'],
    ['soft hyphen', 'Ac\u00adme'],
    ['word joiner', 'Ac\u2060me'],
    ['line separator', 'Acme\u2028Ltd'],
    ['paragraph separator', 'Acme\u2029Ltd'],
    ['line feed', 'Acme\nLtd'],
    ['NUL', 'Acme\u0000'],
    ['escape', 'Acme\u001b[2J'],
    ['next line', 'Acme\u0085Ltd'],
    ['tag letters', 'Acme\u{e0041}\u{e0042}'],
    ['a bidirectional override', 'Acme\u202egnp.exe'],
    ['a bidirectional isolate', 'Acme\u2067Ltd'],
    ['an Arabic letter mark', 'Acme\u061cLtd'],
    ['a variation selector behind a Latin letter', 'A\ufe0fcme'],
    ['a Hangul filler', 'Acme\u3164Ltd'],
    ['the blank Braille pattern', 'Acme\u2800Ltd'],
    ['an interlinear annotation', 'Acme\ufff9Ltd'],
    ['private use', 'Acme\ue000'],
    ['unassigned', 'Acme\u0378'],
    ['a noncharacter', 'Acme\uffff'],
    ['a lone surrogate', 'Acme\ud83d'],
    ['a long run of combining marks', `A${'\u0317'.repeat(5)}cme`],
    ['a mark at the start of the text', '\u0317Acme'],
    ['a mark after a space', 'Acme \u0317Ltd'],
  ])('with %s is rejected', (_, text) => {
    expect(read(text).success).toBe(false)
  })
})

test.each([
  ['Łódź Płatności S.A.'],
  ["O'Neil & Co / Ltd"],
  ['株式会社ポスターン'],
  ['شرکت پرداخت\u200cهای نمونه'],
  ['क्\u200dष भुगतान'],
  ['בְּרֵאשִׁית'],
  ['Ngân hàng Việt'],
  ['རྒྱུད'],
  ['Launch 🚀 ❤\ufe0f'],
  [''],
])('%s is accepted unchanged as a line', (text) => {
  expect(read(text).data).toBe(text.normalize('NFC'))
})

test.each([
  ['  Acme  ', 'Acme'],
  ['Acme\u00a0Ltd', 'Acme Ltd'],
  ['Acme \u3000 Ltd', 'Acme Ltd'],
  ['\u00a0', ''],
  ['Zu\u0308rich', 'Zürich'],
])('the line %j is stored as %j', (text, kept) => {
  expect(read(text).data).toBe(kept)
})

test('a stored line is accepted unchanged when it is sent again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
      const kept = read(text).data
      if (kept !== undefined) expect(read(kept as string).data).toBe(kept)
    }),
  )
})

test.each([
  ['the description of a certificate', (text: string) => NewCertificate.safeParse({ description: text })],
  ['the owner of a certificate', (text: string) => NewCertificate.safeParse({ owner: text })],
  ['the service of a certificate', (text: string) => NewCertificate.safeParse({ relatedService: text })],
  [
    'the rotation policy of a certificate',
    (text: string) => NewCertificate.safeParse({ rotationPolicy: text }),
  ],
  [
    'a contact of a certificate',
    (text: string) => NewCertificate.safeParse({ contacts: [`${text}@acme.example`] }),
  ],
  [
    'the reason of a decision',
    (text: string) => ApprovalDecision.safeParse({ decision: 'reject', reason: text }),
  ],
  ['the name of API credentials', (text: string) => NewCredential.safeParse({ name: text })],
  [
    'the value that identifies a client',
    (text: string) => NewCredential.safeParse({ name: 'n', tlsClientAuth: { kind: 'san_dns', value: text } }),
  ],
])('a line is required for %s', (_, parse) => {
  expect(parse('Ac\u200bme').success).toBe(false)
  expect(parse('Acme').success).toBe(true)
})
