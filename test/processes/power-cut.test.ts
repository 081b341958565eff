import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { createFile, makeFolder, replaceFile } from '../../src/durable-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-power-'))
const image = join(folder, 'disk.img')
const disk = join(folder, 'disk')

/** Shuts down the file system as a power cut does (EXT4_IOC_SHUTDOWN without flushing its log). */
const cutPower = `import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587D, struct.pack("I", 2))`

/** Mounts an empty disk; returns whether that is possible. */
function mountDisk(): boolean {
  try {
    makeFolder(disk)
    writeFileSync(image, '')
    truncateSync(image, 16 * 1_048_576)
    execFileSync('mkfs.ext4', ['-q', '-F', image], { stdio: 'pipe' })
    execFileSync('mount', ['-o', 'loop', image, disk], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}

/** Remounts the disk, as after the power returns. */
function cutAndReturn(): void {
  execFileSync('/usr/bin/python3', ['-c', cutPower, disk])
  execFileSync('umount', [disk])
  execFileSync('mount', ['-o', 'loop', image, disk])
}

const unmount = () => execFileSync('umount', [disk], { stdio: 'pipe' })
const canMount = process.getuid?.() === 0 && mountDisk()
if (canMount) unmount()

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(!canMount)('after a power cut', () => {
  beforeEach(() => {
    mountDisk()
    return unmount
  })

  test('a file that was just created exists with its folders, complete and with its mode', () => {
    const keys = join(disk, 'data', 'keys')
    makeFolder(keys)
    createFile(join(keys, 'authority.key'), 'a key', 0o600)
    cutAndReturn()
    expect(readdirSync(keys)).toEqual(['authority.key'])
    expect(readFileSync(join(keys, 'authority.key'), 'utf8')).toBe('a key')
  })

  test('a file that was replaced has the new content', () => {
    const file = join(disk, 'first-run.json')
    createFile(file, 'old', 0o600)
    replaceFile(file, 'new', 0o600)
    cutAndReturn()
    expect(readdirSync(disk).filter((name) => name !== 'lost+found')).toEqual(['first-run.json'])
    expect(readFileSync(file, 'utf8')).toBe('new')
  })

  test('a file that was written without fsync is missing, which shows that this disk loses data', () => {
    writeFileSync(join(disk, 'not-synced'), 'content')
    cutAndReturn()
    const path = join(disk, 'not-synced')
    expect(existsSync(path) ? readFileSync(path, 'utf8') : '').toBe('')
  })
})
