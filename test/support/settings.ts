import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { readSettings, type Settings } from '../../src/config/read-settings.ts'
import type { Mail } from '../../src/notifications/open-mail.ts'

/** What a process is told that has `file` as its configuration, and a new folder for its data. */
export function createSettings(file: object, variables: NodeJS.ProcessEnv = {}): Settings {
  const folder = mkdtempSync(join(tmpdir(), 'postern-settings-'))
  const path = join(folder, 'postern.yaml')
  writeFileSync(path, stringify(file))
  return readSettings({ POSTERN_CONFIG: path, POSTERN_DATA: join(folder, 'data'), ...variables })
}

/** For a portal that sends nothing: a test that has it send is told so. */
export const noMail: Mail = {
  send: async () => {
    throw new Error('This portal sends nothing.')
  },
  close: async () => {},
}
