import { chmodSync, chownSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { assertPrivate, describeOpenFiles, isOpenToOthers } from './private-file.ts'

function make(mode: number): string {
  const path = join(mkdtempSync(join(tmpdir(), 'postern-private-')), 'secret')
  writeFileSync(path, 'secret')
  chmodSync(path, mode)
  return path
}
const isRoot = process.getuid?.() === 0

test.each([
  [0o600, false],
  [0o400, false],
  [0o700, false],
  [0o644, true],
  [0o604, true],
  [0o602, true],
  [0o660, true],
  [0o620, true],
])('mode %o is open to other users: %s', (mode, isOpen) => {
  expect(isOpenToOthers(make(mode))).toBe(isOpen)
})

test.runIf(isRoot)('a file owned by root may be readable for a group of the process', () => {
  const path = make(0o440)
  const [ownGroup = 0] = process.getgroups?.() ?? []
  chownSync(path, 0, ownGroup)
  expect(isOpenToOthers(path)).toBe(false)
  chmodSync(path, 0o460)
  expect(isOpenToOthers(path)).toBe(true)
  chmodSync(path, 0o440)
  chownSync(path, 0, 54_321)
  expect(isOpenToOthers(path)).toBe(true)
  chownSync(path, 54_321, ownGroup)
  expect(isOpenToOthers(path)).toBe(true)
})

test('a symbolic link is checked by its target, as Kubernetes mounts secrets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-private-'))
  mkdirSync(join(folder, '..data'))
  const path = join(folder, '..data', 'key')
  writeFileSync(path, 'secret', { mode: 0o600 })
  symlinkSync(path, join(folder, 'key'))
  expect(isOpenToOthers(join(folder, 'key'))).toBe(false)
  chmodSync(path, 0o644)
  expect(isOpenToOthers(join(folder, 'key'))).toBe(true)
})

test('an open secret file is rejected in production and reported in development', () => {
  const files = [
    { setting: 'POSTERN_SMTP_PASSWORD_FILE', path: make(0o644) },
    { setting: 'gateway.key', path: make(0o600) },
    { setting: 'POSTERN_SESSION_KEY_FILE', path: '/nowhere/at/all' },
  ]
  const path = files[0]?.path
  expect(describeOpenFiles(files)).toEqual([
    `POSTERN_SMTP_PASSWORD_FILE: others can read ${path}. Run chmod 600 ${path}.`,
  ])
  expect(() => assertPrivate('production', files)).toThrow(`Run chmod 600 ${path}.`)
  expect(() => assertPrivate('development', files)).not.toThrow()
})
