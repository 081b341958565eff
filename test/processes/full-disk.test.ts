import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { preparePostern } from '../support/postern.ts'

const params = { organization: 'acme', environment: 'production' }
const create = (admin: ApiClient) =>
  admin.send(operations.createCredential, { params, body: { name: 'Payments' } })

function mount(...given: string[]): boolean {
  try {
    execFileSync('mount', given, { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}

/** Writes to `path` until the file system is full. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (const size of [65_536, 4096, 512]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size))
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' })
      }
    }
  } finally {
    closeSync(file)
  }
}

test('a full disk gets 503 storage_unavailable with Retry-After until there is space', {
  timeout: 180_000,
}, async (context) => {
  const place = await preparePostern()
  const { dataFolder } = place
  mkdirSync(dataFolder)
  // Only root can mount; `npm test` runs as root wherever it installs its own tools.
  if (!mount('-t', 'tmpfs', '-o', 'size=32m,mode=0700', 'postern-full-disk', dataFolder))
    return context.skip()
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', dataFolder])
    place.remove()
  })
  const postern = await place.start('--portal')
  onTestFinished(async () => void (await postern.end()))
  const admin = await signInFirst(postern, 'admin@acme.example')
  expect((await create(admin)).status).toBe(201)

  const file = new DatabaseSync(join(dataFolder, 'postern.db'), { timeout: 10_000 })
  file.exec('pragma wal_checkpoint(truncate)')
  file.close()
  fill(join(dataFolder, 'filler'))
  const refused = await create(admin)
  expect([refused.status, refused.body.code]).toEqual([503, 'storage_unavailable'])
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await admin.send(operations.getSession)).status).toBe(200)

  rmSync(join(dataFolder, 'filler'))
  expect((await create(admin)).status).toBe(201)
  expect(await admin.call(operations.listCredentials, { params })).toMatchObject({ items: { length: 2 } })
})
