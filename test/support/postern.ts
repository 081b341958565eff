import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { stringify } from 'yaml'
import type { FirstRun } from '../../src/first-run.ts'
import { findFreePort } from './postgres.ts'

const root = resolve(import.meta.dirname, '../..')

/** A Postern of a test's own: the processes that `npm start` starts, on free ports, with an empty data folder. */
export interface RunningPostern {
  portalUrl: string
  publicUrl: string
  gateways: Record<string, string>
  dataFolder: string
  serverCaFile: string
  /** What it printed so far. */
  output(): string
  /** The process ids of its parts, by what they run: `portal-process`, `gateway-process`, `demo-upstream-process`. */
  findProcesses(part: string): number[]
  firstRun(): FirstRun
  stop(): Promise<void>
}

/** What a test may set; the rest is the development profile. */
export interface PosternOptions {
  config?: Record<string, unknown>
  environment?: NodeJS.ProcessEnv
}

/** Starts Postern and waits until it says that it is ready. */
export async function startPostern({
  config = {},
  environment = {},
}: PosternOptions = {}): Promise<RunningPostern> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-run-'))
  const [portal, publication, production, staging] = await findFreePorts(4)
  const configFile = join(folder, 'postern.yaml')
  writeFileSync(configFile, stringify(config))
  const dataFolder = join(folder, 'data')
  const child = spawn(process.execPath, [join(root, 'src/main.ts'), 'serve'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      POSTERN_CONFIG: configFile,
      POSTERN_DATA: dataFolder,
      POSTERN_PORTAL_PORT: String(portal),
      POSTERN_PUBLIC_PORT: String(publication),
      POSTERN_GATEWAY_PORTS: `production=${production},staging=${staging}`,
      ...environment,
    },
  })
  let printed = ''
  child.stdout.on('data', (chunk) => {
    printed += chunk
  })
  child.stderr.on('data', (chunk) => {
    printed += chunk
  })
  await untilReady(child, () => printed)
  return {
    portalUrl: `http://localhost:${portal}`,
    publicUrl: `http://localhost:${publication}`,
    gateways: { production: `https://localhost:${production}`, staging: `https://localhost:${staging}` },
    dataFolder,
    serverCaFile: join(dataFolder, 'tls', 'server-ca.pem'),
    output: () => printed,
    findProcesses: (part) => findChildren(child.pid as number, part),
    firstRun: () => JSON.parse(readFileSync(join(dataFolder, 'first-run.json'), 'utf8')),
    async stop() {
      await endProcess(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function findFreePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await findFreePort())
  return [...ports]
}

function untilReady(child: ChildProcess, printed: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`Postern was not ready in time:\n${printed()}`)), 60_000)
    child.once('exit', (code) => reject(new Error(`Postern ended with ${code}:\n${printed()}`)))
    child.stdout?.on('data', () => {
      if (!printed().includes('Postern is ready')) return
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
  return children.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(part))
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}
