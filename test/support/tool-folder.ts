import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Creates a temporary folder in which other programs check Postern's files; `using` removes it. */
export function openToolFolder() {
  const path = mkdtempSync(join(tmpdir(), 'postern-pki-'))
  return {
    path,
    /** Writes a file and returns its name. */
    write(name: string, content: string | Uint8Array): string {
      writeFileSync(join(path, name), content)
      return name
    },
    read: (name: string): Uint8Array => new Uint8Array(readFileSync(join(path, name))),
    /**
     * Returns the output of a program on both streams; `command` is split at spaces, `more` is passed
     * unchanged. Throws the output if the program fails.
     */
    run(command: string, ...more: string[]): string {
      const [program = '', ...words] = command.split(' ')
      const args = [...words, ...more]
      const { status, stdout, stderr, error } = spawnSync(program, args, {
        cwd: path,
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
        env: { ...process.env, LC_ALL: 'C.UTF-8' },
      })
      if (error) throw error
      if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`)
      return stdout + stderr
    },
    [Symbol.dispose](): void {
      rmSync(path, { recursive: true, force: true })
    },
  }
}
export type ToolFolder = ReturnType<typeof openToolFolder>
