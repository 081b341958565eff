import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { readSettings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { PosternError } from '../errors.ts'
import { isOwnFile } from './data-folder.ts'
import { lockDataFolder, lockFiles } from './lock-data-folder.ts'

/** Empties the data folder after a confirmation. Returns the exit code. */
export async function reset(options: { yes?: boolean }): Promise<number> {
  const { dataFolder, profile } = toConfig(readSettings())
  if (profile === 'production') {
    throw new PosternError(
      'config_invalid',
      'reset is for the development profile; in production delete the store by hand.',
    )
  }
  if (!existsSync(dataFolder) || !readdirSync(dataFolder).some(isOwnFile)) {
    process.stdout.write(`${dataFolder} holds nothing of Postern.\n`)
    return 0
  }
  if (options.yes !== true && !(await confirm(dataFolder))) {
    process.stdout.write('Nothing was deleted.\n')
    return 1
  }
  const held = lockDataFolder(dataFolder, { portal: true, gateway: true, publication: true })
  const remove = (isMeant: (name: string) => boolean) => {
    for (const name of readdirSync(dataFolder).filter(isMeant))
      rmSync(join(dataFolder, name), { recursive: true })
  }
  remove((name) => isOwnFile(name) && !lockFiles.includes(name))
  held.release()
  remove((name) => lockFiles.includes(name))
  process.stdout.write(`${dataFolder} is empty. The next npm start begins anew.\n`)
  return 0
}

async function confirm(dataFolder: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new PosternError(
      'bad_request',
      'reset asks before it deletes, and nobody is there to answer. Use npm run reset -- --yes.',
    )
  }
  const questions = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await questions.question(
    `This deletes every certificate, credential and key in ${dataFolder}. Stop Postern first. Type reset to go on: `,
  )
  questions.close()
  return answer.trim() === 'reset'
}
