import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { lockDataFolder } from './lock-data-folder.ts'

test('the data folder is locked for each part separately until it is released', () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-hold-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const portal = lockDataFolder(folder, { portal: true, gateway: false })
  const gateway = lockDataFolder(folder, { portal: false, gateway: true })
  expect(() => lockDataFolder(folder, { portal: false, gateway: true })).toThrow(
    /runs its gateway on the data/,
  )
  portal.release()
  expect(() => lockDataFolder(folder, { portal: true, gateway: true })).toThrow(
    /runs its gateway on the data/,
  )
  gateway.release()
  lockDataFolder(folder, { portal: true, gateway: true }).release()
})
