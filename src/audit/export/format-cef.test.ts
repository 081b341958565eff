import { expect, test } from 'vitest'
import { release } from '../../release.ts'
import { toEntryView } from '../audit-entry-view.ts'
import { formatItem } from './export-item.ts'
import { formatCef } from './format-cef.ts'

const entry = (more: object) =>
  toEntryView({
    ...{ sequence: 7, at: Date.UTC(2027, 2, 4, 8), origin: '192.0.2.1', organization: 'acme' },
    ...{ environment: 'production', subjectKind: 'certificate', subjectId: 'crt_1' },
    ...{ subjectName: "O'Neil & Co = a\\b\r\nnew|line", action: 'thing.invented', hash: 'ab'.repeat(32) },
    ...{ before: null, after: { note: 'a=b\nc' }, actor: { kind: 'person', id: 'usr_1', name: 'Łódź' } },
    ...more,
  } as Parameters<typeof toEntryView>[0])

test('an entry in CEF has its fields, and what would end one is escaped', () => {
  expect(formatCef({ kind: 'entry', entry: entry({}) })).toBe(
    `CEF:0|Postern|Postern|${release}|other|other|3|rt=${Date.UTC(2027, 2, 4, 8)} externalId=7 src=192.0.2.1 suid=usr_1 suser=Łódź spriv=person duid=crt_1 duser=O'Neil & Co \\= a\\\\b\\nnew|line cs1Label=organization cs1=acme cs2Label=environment cs2=production cs3Label=subjectKind cs3=certificate cs4Label=hash cs4=${'ab'.repeat(32)} cs5Label=data cs5={"recordedAs":"thing.invented","before":null,"after":{"note":"a\\=b\\\\nc"}}`,
  )
})

test('an IPv6 address has its own field, a failed attempt another severity, and data a bound', () => {
  const text = formatCef({
    kind: 'entry',
    entry: entry({
      origin: '2001:db8::1',
      action: 'person.sign_in_failed',
      after: { anything: 'x'.repeat(10_000) },
    }),
  })
  expect(text).toContain('c6a2=2001:db8::1 c6a2Label=Source IPv6 Address')
  expect(text).not.toContain('src=')
  expect(
    text
      .split(' ')
      .filter((field) => field.startsWith('cs5='))
      .join('').length,
  ).toBe(4 + 4000)
  const failed = entry({
    action: 'person.sign_in_failed',
    subjectKind: 'person',
    after: {
      ...{ count: 2, from: '2027-03-04T08:00:00.000Z', to: '2027-03-04T08:01:00.000Z' },
      ...{ addresses: ['192.0.2.1'], moreAddresses: 0 },
    },
  })
  if (failed.type !== 'other') expect(formatCef({ kind: 'entry', entry: failed })).toContain('|5|rt=')
})

test('a checkpoint is a line of its own type in both formats', () => {
  const checkpoint = {
    ...{ sequence: 12, hash: 'cd'.repeat(32), at: 0, keyId: 'key_1' },
    signature: new Uint8Array([1, 2, 3]),
  }
  expect(formatCef({ kind: 'checkpoint', checkpoint })).toContain(
    `|audit.checkpoint|audit checkpoint|3|rt=0 externalId=12 cs4Label=hash cs4=${'cd'.repeat(32)} cs5Label=signature cs5=AQID cs6Label=keyId cs6=key_1`,
  )
  expect(JSON.parse(formatItem({ kind: 'checkpoint', checkpoint }))).toEqual({
    ...{ type: 'audit.checkpoint', sequence: 12, hash: 'cd'.repeat(32), at: '1970-01-01T00:00:00.000Z' },
    ...{ keyId: 'key_1', signature: 'AQID' },
  })
})
