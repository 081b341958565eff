import { strToU8, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { readZip } from './read-zip.ts'

const files = { 'uses.json': strToU8('{"calls": 1}'), 'certificate.pem': strToU8('A'.repeat(2000)) }
const zip = Buffer.from(zipSync(files))
const changed = (change: (bytes: Buffer) => void): Buffer => {
  const copy = Buffer.from(zip)
  change(copy)
  return copy
}
const at = (bytes: Buffer, signature: number, skip = 0): number => {
  const mark = Buffer.alloc(4)
  mark.writeUInt32LE(signature)
  return skip === 0 ? bytes.indexOf(mark) : bytes.indexOf(mark, at(bytes, signature, skip - 1) + 1)
}
const central = 0x02014b50
const local = 0x04034b50
const endOf = (bytes: Buffer) => bytes.length - 22

/**
 * Returns two zips as one: the entries of the second follow those of the first, in files and in the
 * directory.
 */
function joinZips(first: Buffer, second: Buffer): Buffer {
  const parts = [first, second].map((bytes) => {
    const start = bytes.readUInt32LE(endOf(bytes) + 16)
    return { files: bytes.subarray(0, start), directory: Buffer.from(bytes.subarray(start, endOf(bytes))) }
  })
  const [one, two] = parts
  if (one === undefined || two === undefined) throw new Error('no parts')
  two.directory.writeUInt32LE(one.files.length, 42)
  const end = Buffer.from(first.subarray(endOf(first)))
  const count = first.readUInt16LE(endOf(first) + 10) + 1
  for (const place of [8, 10]) end.writeUInt16LE(count, place)
  end.writeUInt32LE(one.directory.length + two.directory.length, 12)
  end.writeUInt32LE(one.files.length + two.files.length, 16)
  return Buffer.concat([one.files, two.files, one.directory, two.directory, end])
}

test('an evidence zip gives each file as it was packed', () => {
  const read = readZip(zip)
  expect([...read.keys()]).toEqual(['uses.json', 'certificate.pem'])
  expect(Buffer.from(read.get('uses.json') ?? []).toString()).toBe('{"calls": 1}')
  expect(read.get('certificate.pem')).toHaveLength(2000)
  const stored = readZip(zipSync(files, { level: 0 }))
  expect(stored.get('certificate.pem')).toHaveLength(2000)
})

describe('an ambiguous evidence zip is rejected', () => {
  test.each<[string, Buffer, string]>([
    [
      'one name twice',
      joinZips(zip, Buffer.from(zipSync({ 'uses.json': strToU8('{}') }))),
      'uses.json twice',
    ],
    ['one name in two cases', joinZips(zip, Buffer.from(zipSync({ 'USES.json': strToU8('{}') }))), 'twice'],
    ['a path', Buffer.from(zipSync({ '../uses.json': strToU8('') })), 'not a plain one'],
    ['a folder', Buffer.from(zipSync({ 'a/b.json': strToU8('') })), 'not a plain one'],
    ['a backslash', Buffer.from(zipSync({ 'a\\b.json': strToU8('') })), 'not a plain one'],
    ['an absolute path', Buffer.from(zipSync({ '/etc/passwd': strToU8('') })), 'not a plain one'],
    ['a hidden file', Buffer.from(zipSync({ '.uses.json': strToU8('') })), 'not a plain one'],
    ['letters beyond ASCII', Buffer.from(zipSync({ 'usеs.json': strToU8('') })), 'not a plain one'],
    ['an empty name', Buffer.from(zipSync({ '': strToU8('') })), 'not a plain one'],
    ['octets after the end', Buffer.concat([zip, Buffer.from('x')]), 'it is no zip'],
    ['octets before the start', Buffer.concat([Buffer.from('x'), zip]), 'not whole'],
    [
      'a comment that contains another end record',
      changed((bytes) => bytes.writeUInt16LE(1, endOf(bytes) + 20)),
      'not whole',
    ],
    ['two names of one file', changed((bytes) => bytes.write('Uses', at(bytes, local) + 30)), 'in two ways'],
    [
      'two different sizes of one file',
      changed((bytes) => bytes.writeUInt32LE(3, at(bytes, local) + 22)),
      'in two ways',
    ],
    [
      'an encrypted file',
      changed((bytes) => bytes.writeUInt16LE(1, at(bytes, central) + 8)),
      'packed in a way',
    ],
    [
      'an unsupported compression method',
      changed((bytes) => bytes.writeUInt16LE(12, at(bytes, central) + 10)),
      'packed in a way',
    ],
    ['fewer files than declared', changed((bytes) => bytes.writeUInt16LE(1, endOf(bytes) + 10)), 'not whole'],
    [
      'one entry left out of the directory',
      changed((bytes) => {
        for (const place of [8, 10]) bytes.writeUInt16LE(1, endOf(bytes) + place)
      }),
      'no file',
    ],
    [
      'a content that does not match its checksum',
      changed((bytes) => bytes.write('7', at(bytes, local) + 30 + 'uses.json'.length + 10)),
      'damaged',
    ],
    ['a size that does not match its content', claimSize(5), 'damaged'],
    ['a size above the limit', claimSize(300 * 1024 * 1024), 'larger than any pack'],
    [
      'another name in an extra field',
      Buffer.from(zipSync({ 'a.json': [strToU8(''), { extra: { 28789: strToU8('b.json') } }] })),
      'another name',
    ],
    ['no octets at all', Buffer.alloc(0), 'it is no zip'],
  ])('with %s', (_, bytes, problem) => {
    expect(() => readZip(bytes)).toThrow(problem)
  })
})

function claimSize(size: number): Buffer {
  return changed((bytes) => {
    bytes.writeUInt32LE(size, at(bytes, local) + 22)
    bytes.writeUInt32LE(size, at(bytes, central) + 24)
  })
}
