import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { stringify } from 'yaml'
import type { FirstRun } from '../../src/app/first-run.ts'
import type { StorageLocation } from '../../src/storage/database.ts'
import { findFreePort } from './postgres.ts'

/** As `npm start` runs it: Node strips the types of each file. */
export const sources = resolve(import.meta.dirname, '../../src/main.ts')
/** The same in few files, as the setup of the tests has built it. */
export const built = process.env.POSTERN_TEST_PROGRAM ?? sources

/** Where a test Postern runs: a folder and free ports, the same for every start. */
export interface PosternPlace {
  portalUrl: string
  publicUrl: string
  gateways: Record<string, string>
  /** Every TCP port that it listens on. */
  ports: number[]
  dataFolder: string
  configFile: string
  serverCaFile: string
  storage: StorageLocation
  /** The environment variables of its processes. */
  variables: NodeJS.ProcessEnv
  /** What waits for a first sign-in. */
  firstRun(): FirstRun
  /** Runs `postern` with these arguments, as `npm start` and `npm run reset` do. */
  run(...commandLine: string[]): RunningCommand
  /** Starts `postern serve` with these options, or another program, and waits until it reports that it is ready. */
  start(...options: (string | { program: string })[]): Promise<RunningPostern>
  remove(): void
}

/** A running command. */
export interface RunningCommand {
  processId: number
  child: ChildProcess
  /** Returns its output so far. */
  output(): string
  /** Its exit code after it has ended; null if a signal ended it. */
  exitCode: Promise<number | null>
}

/** A test Postern: the processes of `npm start` on free ports with an empty data folder. */
export interface RunningPostern extends Omit<PosternPlace, 'run' | 'start' | 'remove' | 'variables'> {
  /** The process ID of its supervisor. */
  processId: number
  /** Returns its output so far. */
  output(): string
  /**
   * Returns the process IDs of its child processes by entry point: `portal-process`, `gateway-process`,
   * `demo-upstream-process`.
   */
  findProcesses(part: string): number[]
  /** Sends a signal to the supervisor, waits until it exits, and keeps the data; returns the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>
  /** Stops it and deletes its folder. */
  stop(): Promise<void>
}

/** What a test can configure; everything else is the development profile with one gateway process. */
export interface PosternOptions {
  config?: Record<string, unknown> & { gateway?: Record<string, unknown> }
  environment?: NodeJS.ProcessEnv
  /** What of it is started; all of it where not given. */
  only?: 'portal'
  /** What is run: what was built for the tests, or the `sources`. */
  program?: string
  /** Descriptors of sockets that it is started with, as by socket activation; read at each start. */
  sockets?: readonly number[]
  /** How many files and sockets each process may have open; the limit of the test process if undefined. */
  descriptors?: number
}

/** Starts Postern and waits until it reports that it is ready. */
export async function startPostern(options: PosternOptions = {}): Promise<RunningPostern> {
  return (await preparePostern(options)).start()
}

/** Reserves folder and ports for a Postern without starting it. */
export async function preparePostern({
  config = {},
  environment = {},
  program = built,
  only,
  descriptors,
  sockets = [],
}: PosternOptions = {}): Promise<PosternPlace> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-run-'))
  const ports = await findFreePorts(4)
  const [portal, publication, production, staging] = ports
  const configFile = join(folder, 'postern.yaml')
  writeFileSync(configFile, stringify({ ...config, gateway: { processes: 1, ...config.gateway } }))
  const dataFolder = environment.POSTERN_DATA ?? join(folder, 'data')
  const url = environment.POSTERN_DATABASE_URL
  const variables = {
    ...process.env,
    POSTERN_CONFIG: configFile,
    POSTERN_DATA: dataFolder,
    POSTERN_PORTAL_PORT: String(portal),
    POSTERN_PUBLIC_PORT: String(publication),
    POSTERN_GATEWAY_PORTS: `production=${production},staging=${staging}`,
    ...environment,
  }
  const place: PosternPlace = {
    portalUrl: `http://localhost:${portal}`,
    publicUrl: `http://localhost:${publication}`,
    gateways: gatewaysOf(config, { production, staging }),
    ports,
    dataFolder,
    configFile,
    serverCaFile: join(dataFolder, 'tls', 'server-ca.pem'),
    storage:
      url === undefined
        ? { engine: 'sqlite', path: join(dataFolder, 'postern.db') }
        : { engine: 'postgres', url },
    variables,
    firstRun: () => JSON.parse(readFileSync(join(dataFolder, 'first-run.json'), 'utf8')),
    run: (...commandLine) =>
      runCommand(folder, variables, [program, ...commandLine], { descriptors, sockets }),
    async start(...options) {
      const given = options.filter((option) => typeof option === 'string')
      const other = options.find((option) => typeof option === 'object')?.program ?? program
      const flags = [...(only === undefined ? [] : [`--${only}`]), ...given]
      const command = runCommand(folder, variables, [other, 'serve', ...flags], { descriptors, sockets })
      await awaitReadiness(command)
      return describeRunning(place, command)
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
  return place
}

/**
 * Returns the address of each environment: the two default environments get free ports, others define their
 * own.
 */
function gatewaysOf(
  config: Record<string, unknown> & { environments?: Record<string, { port?: number }> },
  given: Record<string, number | undefined>,
): Record<string, string> {
  const own = Object.entries(config.environments ?? {}).map(([name, { port }]) => [name, port] as const)
  const ports = Object.entries({ ...Object.fromEntries(own), ...given })
  return Object.fromEntries(ports.map(([name, port]) => [name, `https://localhost:${port}`]))
}

function runCommand(
  folder: string,
  environment: NodeJS.ProcessEnv,
  commandLine: readonly string[],
  { descriptors, sockets }: { descriptors: number | undefined; sockets: readonly number[] },
): RunningCommand {
  const program = [process.execPath, ...commandLine]
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors}; `
  // A shell keeps its process id when it becomes another program.
  const given = sockets.length === 0 ? '' : `export LISTEN_PID=$$ LISTEN_FDS=${sockets.length}; `
  const through = ['/bin/sh', '-c', `${limit}${given}exec "$0" "$@"`, ...program]
  const [file = '', ...rest] = limit + given === '' ? program : through
  const child = spawn(file, rest, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe', ...sockets],
    env: environment,
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      printed += chunk
    })
  }
  return {
    processId: child.pid as number,
    child,
    output: () => printed,
    exitCode: new Promise((resolve) => child.once('exit', (code) => resolve(code))),
  }
}

function describeRunning(place: PosternPlace, command: RunningCommand): RunningPostern {
  const { child, exitCode, processId, output } = command
  const { run: _run, start: _start, variables: _variables, remove, ...facts } = place
  const end = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return exitCode
  }
  return {
    ...facts,
    processId,
    output,
    findProcesses: (part) => findChildren(processId, part),
    end,
    async stop() {
      await end()
      remove()
    },
  }
}

async function findFreePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await findFreePort())
  return [...ports]
}

function awaitReadiness({ child, output, exitCode }: RunningCommand): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`Postern was not ready in time:\n${output()}`)), 150_000)
    void exitCode.then((code) => {
      clearTimeout(late)
      reject(new Error(`Postern ended with ${code}:\n${output()}`))
    })
    child.stdout?.on('data', () => {
      if (!output().includes('Postern is ready')) return
      clearTimeout(late)
      resolve()
    })
  })
}

function findChildren(parent: number, part: string): number[] {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number)
  return children.filter((pid) => readCommandLine(pid).includes(part))
}

/** Reads the command line of a process; empty if it has just exited. */
function readCommandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
