import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A developer's terminal in an empty folder. */
export interface Terminal {
  folder: string
  /** Runs a pasted command; returns its standard output. Throws if the command fails. */
  paste(command: string, shell?: string, variables?: NodeJS.ProcessEnv): Promise<string>
  /** Runs a pasted command that may fail; returns all that it prints. */
  tell(command: string): Promise<{ stdout: string; stderr: string }>
  close(): void
}

/** Opens a terminal with the real shells. */
export function openTerminal(): Terminal {
  const folder = mkdtempSync(join(tmpdir(), 'postern-terminal-'))
  return {
    folder,
    async paste(command, shell = 'bash', variables = {}) {
      const env = { ...process.env, ...variables }
      const { stdout } = await run(shell, ['-c', command], { cwd: folder, env, timeout: 20_000 })
      return stdout
    },
    tell: (command) => run('bash', ['-c', `${command}\n:`], { cwd: folder, timeout: 20_000 }),
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
