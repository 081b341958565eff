import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort, unprivilegedUser, waitUntilReady } from './postgres.ts'

/** A running pgbouncer. */
export interface Pgbouncer {
  /** The URL of the same database through it. */
  url: string
  /** What it has logged. */
  log(): string
  stop(): Promise<void>
}

/** Starts Debian's pgbouncer in transaction mode in front of the database at `targetUrl`. */
export async function startPgbouncer(targetUrl: string): Promise<Pgbouncer> {
  const target = new URL(targetUrl)
  const folder = mkdtempSync(join(tmpdir(), 'postern-pgbouncer-'))
  const port = await findFreePort()
  const file = join(folder, 'pgbouncer.ini')
  const users = join(folder, 'users.txt')
  writeFileSync(users, `"${target.username}" ""\n`)
  writeFileSync(
    file,
    [
      '[databases]',
      `* = host=${target.hostname} port=${target.port}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = trust',
      `auth_file = ${users}`,
      'pool_mode = transaction',
      'default_pool_size = 20',
      'max_client_conn = 200',
    ].join('\n'),
  )
  for (const path of [folder, file, users]) chmodSync(path, path === folder ? 0o755 : 0o644)
  // It refuses to run as root.
  const asUser = process.getuid?.() === 0 ? unprivilegedUser() : {}
  const program = spawn('/usr/sbin/pgbouncer', [file], { ...asUser, stdio: ['ignore', 'ignore', 'pipe'] })
  let logged = ''
  program.stderr?.on('data', (chunk) => {
    logged += chunk
  })
  const ended = new Promise<void>((resolve) => program.once('exit', () => resolve()))
  const url = new URL(target)
  url.port = String(port)
  await waitUntilReady(url.href)
  return {
    url: url.href,
    log: () => logged,
    async stop() {
      program.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
