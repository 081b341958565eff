// Runs on whatever Node npm came with (20 or newer), before anything is installed: plain JavaScript, no dependency.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

export const root = resolve(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), '..')
const bin = join(root, 'node_modules', '.bin')
const stamps = join(root, 'node_modules', '.postern')

/** The environment in which Node 24 of `node_modules` comes first on the PATH. */
export const environment = { ...process.env, PATH: `${bin}:${process.env.PATH}` }

/** The Node that Postern runs on: the one that npm installed, else the present one where it is new enough. */
export function findNode() {
  const installed = join(bin, process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(installed)) return installed
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  say(
    `There is no packaged Node 24 for ${process.platform}-${process.arch}. Install Node 24 or newer and try again.`,
  )
  process.exit(1)
}

/** Installs the dependencies when the lockfile has changed since. */
export function installDependencies() {
  if (isFresh('install', hashOf([join(root, 'package-lock.json')]))) return
  say('installing dependencies (npm ci) …')
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
  run(npm[0], [...npm.slice(1), 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
  markFresh('install', hashOf([join(root, 'package-lock.json')]))
}

/** Builds the page when its sources have changed since. */
export function buildPage() {
  const sources = [
    'ui/index.html',
    'ui/vite.config.ts',
    'ui/src',
    'src/pki',
    'src/kits',
    'src/contract',
    'package-lock.json',
  ]
  const hash = hashOf(sources.flatMap((name) => listFiles(join(root, name))))
  if (existsSync(join(root, 'ui/dist/index.html')) && isFresh('page', hash)) return
  say('building the page …')
  run(findNode(), [
    join(root, 'node_modules/vite/bin/vite.js'),
    'build',
    'ui',
    '--config',
    'ui/vite.config.ts',
    '--logLevel',
    'warn',
  ])
  markFresh('page', hash)
}

/** Says what is being done, apart from the output of what is run. */
export function say(sentence) {
  process.stderr.write(`postern: ${sentence}\n`)
}

/** Runs a program in the project's folder; ends this process with its exit code when it fails. */
export function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, env: environment, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

/** Whether `program` can be run. */
export function isInstalled(program) {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { env: environment, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function listFiles(path) {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path).flatMap((name) => listFiles(join(path, name)))
}

/** Names count from the root, so that a folder that is moved or copied with its `node_modules` stays ready. */
function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files.sort()) hash.update(relative(root, file)).update(readFileSync(file))
  return hash.digest('hex')
}

const stampOf = (name) => join(stamps, name)
const isFresh = (name, hash) => existsSync(stampOf(name)) && readFileSync(stampOf(name), 'utf8') === hash

function markFresh(name, hash) {
  mkdirSync(stamps, { recursive: true })
  writeFileSync(stampOf(name), hash)
}
