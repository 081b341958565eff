import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { runOn } from './make-store-unavailable.ts'
import { findBinaries, findFreePort, unprivilegedUser, waitUntilReady } from './postgres.ts'

const run = promisify(execFile)

/** How many connections a server takes: few enough to use them all. */
const maxConnections = 60

/** A server of a pair. */
export interface PostgresNode {
  /** The URL of its database `postern`. */
  url: string
  start(): Promise<void>
  /** Ends it as a power cut does: no process of it says goodbye. */
  kill(): Promise<void>
  /** Ends it as its own tools do, while clients are connected. */
  stop(): Promise<void>
  /** Suspends all its processes: connections stay open, and nothing is answered. */
  freeze(): void
  thaw(): void
  /** Starts a standby as a server of its own, from the moment at which it ended. */
  startAlone(): Promise<void>
  /** Makes a standby the primary. */
  promote(): Promise<void>
}

/** A primary and a standby with streaming replication. */
export interface PostgresPair {
  primary(): PostgresNode
  standby(): PostgresNode
  /** Replaces the standby by a copy of the primary; commits wait for it from then on if `waits`. */
  makeStandby(waits?: boolean): Promise<PostgresNode>
  /** Loses the primary, and promotes the standby. There is no standby afterwards. */
  failOver(): Promise<void>
  close(): Promise<void>
}

/** Starts a primary with an empty database `postern`, and its standby. */
export async function openPostgresPair(): Promise<PostgresPair> {
  const bin = findBinaries()
  const folder = mkdtempSync(join(tmpdir(), 'postern-pair-'))
  const asUser = process.getuid?.() === 0 ? unprivilegedUser() : undefined
  if (asUser) {
    execFileSync('chown', [`${asUser.uid}:${asUser.gid}`, folder])
    chmodSync(folder, 0o700)
  }
  const options = { cwd: folder, env: { ...process.env, HOME: folder }, ...asUser }
  const runProgram = (program: string, ...given: string[]) => run(join(bin, program), given, options)
  const nodes: PostgresNode[] = []
  const addNode = async (data: string): Promise<PostgresNode> => {
    const node = createNode(bin, { data, folder, port: await findFreePort(), options })
    nodes.push(node)
    return node
  }

  const first = join(folder, 'data0')
  await runProgram('initdb', '-D', first, '-U', 'postern', '-A', 'trust', '-E', 'UTF8', '--no-sync')
  let primary = await addNode(first)
  let standby: PostgresNode | undefined
  await primary.start()
  await runOn(toDatabase(primary.url, 'postgres'), 'create database postern')

  const pair: PostgresPair = {
    primary: () => primary,
    standby: () => standby as PostgresNode,
    async makeStandby(waits = false) {
      await standby?.kill()
      const data = join(folder, `data${nodes.length}`)
      await runProgram('pg_basebackup', '-d', primary.url, '-D', data, '-R', '--no-sync', '--checkpoint=fast')
      standby = await addNode(data)
      await standby.start()
      await waitForCommits(primary, waits)
      return standby
    },
    async failOver() {
      await primary.kill()
      primary = pair.standby()
      await primary.promote()
      await waitForCommits(primary, false)
      standby = undefined
    },
    async close() {
      await Promise.all(nodes.map((node) => node.kill()))
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  await pair.makeStandby()
  return pair
}

const toDatabase = (url: string, database: string) => url.replace(/[^/]*$/, database)

/** Says whether each commit waits for the standby. */
const waitForCommits = ({ url }: PostgresNode, waits: boolean) =>
  runOn(url, `alter system set synchronous_standby_names = '${waits ? '*' : ''}'`, 'select pg_reload_conf()')

function createNode(
  bin: string,
  { data, folder, port, options }: { data: string; folder: string; port: number; options: object },
): PostgresNode {
  const settings = [
    // The processes end here, and never the machine.
    'fsync=off',
    `max_connections=${maxConnections}`,
    'max_wal_senders=5',
    'wal_level=replica',
    'hot_standby=on',
    // A standby finds its primary again sooner than Postern does.
    'wal_retrieve_retry_interval=100ms',
    `unix_socket_directories=${folder}`,
    'listen_addresses=127.0.0.1',
  ].flatMap((setting) => ['-c', setting])
  const url = `postgres://postern@127.0.0.1:${port}/postern`
  let server: ChildProcess | undefined
  let ended = Promise.resolve()
  const end = async (signal: NodeJS.Signals) => {
    server?.kill(signal)
    await ended
    server = undefined
  }
  const signalAll = (signal: NodeJS.Signals) => {
    const id = server?.pid ?? 0
    for (const pid of [...listChildren(id), id]) trySignal(pid, signal)
  }
  const start = async () => {
    const started = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...settings], {
      ...options,
      stdio: 'ignore',
    })
    server = started
    ended = new Promise<void>((resolve) => started.once('exit', () => resolve()))
    await waitUntilReady(toDatabase(url, 'postgres'))
  }
  return {
    url,
    start,
    async startAlone() {
      rmSync(join(data, 'standby.signal'))
      await start()
    },
    async kill() {
      const children = listChildren(server?.pid ?? 0)
      signalAll('SIGKILL')
      await end('SIGKILL')
      // Without them the folder can be used again, and its lock says that they are gone.
      while (children.some((pid) => isRunning(pid))) await wait(20)
      rmSync(join(data, 'postmaster.pid'), { force: true })
    },
    stop: () => end('SIGINT'),
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    async promote() {
      await run(join(bin, 'pg_ctl'), ['promote', '-D', data, '-w'], options)
    },
  }
}

/** Returns the processes that a server has started. */
function listChildren(parent: number): number[] {
  if (parent === 0) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && readParent(name) === parent)
    .map(Number)
}

function readParent(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return 0
  }
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    if (pid > 0) process.kill(pid, signal)
  } catch {
    // It has ended meanwhile.
  }
}

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}
