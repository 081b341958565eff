import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createFile } from './durable-file.ts'

const rejectLink = () => {
  throw Object.assign(new Error('operation not permitted'), { code: 'EPERM' })
}

test.each([
  ['with hard links', undefined],
  ['without hard links, as on a USB stick', rejectLink],
])('a file is created completely and overwrites none on a file system %s', (_what, link) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-durable-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'root.key')
  createFile(path, 'first', 0o600, link)
  expect(() => createFile(path, 'second', 0o600, link)).toThrow(expect.objectContaining({ code: 'EEXIST' }))
  expect(readFileSync(path, 'utf8')).toBe('first')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['root.key'])
})
