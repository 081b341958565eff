import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { holdDataFolder } from './hold-data-folder.ts'

test('the data folder is locked for each part separately until it is released', () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-hold-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const portal = holdDataFolder(folder, { portal: true, gateway: false })
  const gateway = holdDataFolder(folder, { portal: false, gateway: true })
  expect(() => holdDataFolder(folder, { portal: false, gateway: true })).toThrow(
    /runs its gateway on the data/,
  )
  portal.release()
  expect(() => holdDataFolder(folder, { portal: true, gateway: true })).toThrow(
    /runs its gateway on the data/,
  )
  gateway.release()
  holdDataFolder(folder, { portal: true, gateway: true }).release()
})
