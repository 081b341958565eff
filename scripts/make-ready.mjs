// Runs on the Node of npm (20 or later), before anything is installed: plain JavaScript, no dependency.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

export const root = resolve(import.meta.dirname ?? dirname(new URL(import.meta.url).pathname), '..')
const bin = join(root, 'node_modules', '.bin')
const stamps = join(root, 'node_modules', '.postern')

/** Returns the environment in which Node 24 of `node_modules` is first on the PATH. */
export const environment = { ...process.env, PATH: `${bin}:${process.env.PATH}` }

/**
 * Returns the Node for Postern: the one that npm installed, otherwise the current one if it is recent enough.
 */
export function findNode() {
  const installed = join(bin, process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(installed)) return installed
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  say(
    `There is no packaged Node 24 for ${process.platform}-${process.arch}. Install Node 24 or newer and try again.`,
  )
  process.exit(1)
}

/** Installs the dependencies if the lockfile has changed. */
export function installDependencies() {
  if (isFresh('install', hashOf([join(root, 'package-lock.json')]))) return
  say('installing dependencies (npm ci) …')
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
  run(npm[0], [...npm.slice(1), 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
  markFresh('install', hashOf([join(root, 'package-lock.json')]))
}

/** Builds the page if its sources have changed. */
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

/** Prints what is being done, separated from the output of programs. */
export function say(sentence) {
  process.stderr.write(`postern: ${sentence}\n`)
}

/** Runs a program in the project folder; exits this process with its exit code if it fails. */
export function run(command, args) {
  const status = runToEnd(command, args)
  if (status !== 0) process.exit(status ?? 1)
}

/** Runs a program in the project folder, and returns whether it succeeds. */
export const succeeds = (command, args) => runToEnd(command, args) === 0

function runToEnd(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, env: environment, stdio: 'inherit' })
  if (error) throw error
  return status
}

/** Returns whether `program` can be run. */
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

/**
 * Names are relative to the root, so that a folder that is moved or copied with its `node_modules` remains
 * ready.
 */
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
