import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import {
  buildPage,
  environment,
  findNode,
  installDependencies,
  isInstalled,
  root,
  run,
  say,
  succeeds,
} from './make-ready.mjs'

// Programs and files that check Postern in the tests, and their Debian packages.
const programs = [
  ['openssl', 'openssl'],
  ['curl', 'curl'],
  ['bash', 'bash'],
  ['zsh', 'zsh'],
  ['dash', 'dash'],
  ['chromium', 'chromium'],
  ['certtool', 'gnutls-bin'],
  ['certutil', 'libnss3-tools'],
  ['javac', 'default-jdk-headless'],
  ['pki', 'strongswan-pki'],
  // strongSwan's verifier.
  ['/usr/lib/ipsec/plugins/libstrongswan-openssl.so', 'libstrongswan-standard-plugins'],
  ['shellcheck', 'shellcheck'],
  ['nginx', 'nginx-light'],
  ['haproxy', 'haproxy'],
  ['caddy', 'caddy'],
  ['promtool', 'prometheus'],
  ['initdb', 'postgresql'],
  ['podman', 'podman'],
  ['runc', 'runc'],
  ['/usr/sbin/pgbouncer', 'pgbouncer'],
  ['softhsm2-util', 'softhsm2'],
  ['pkcs11-tool', 'opensc'],
  // The compiler for pkcs11js.
  ['python3', 'python3'],
  ['make', 'make'],
  ['g++', 'g++'],
  ['go', 'golang-go'],
  ['/usr/lib/python3/dist-packages/requests', 'python3-requests'],
  ['/usr/lib/python3/dist-packages/requests_oauthlib', 'python3-requests-oauthlib'],
  ['/usr/lib/python3/dist-packages/authlib', 'python3-authlib'],
  ['sslscan', 'sslscan'],
  ['systemd-analyze', 'systemd'],
  ['/usr/lib/python3/dist-packages/cryptography_vectors/x509', 'python3-cryptography-vectors'],
]
// With which the tests take less time, and without which they run as well.
const faster = [['chromium-headless-shell', 'chromium-headless-shell']]

/** More are no accident. */
const mostFilesToRepeat = 5

const module = (path) => join(root, 'node_modules', path)

installTestPrograms()
installFasterPrograms()
installDependencies()
buildPage()
compilePkcs11()
await checkAll([
  ['types of the server', 'typescript-native/bin/tsc', typesOf('server')],
  ['format and lint', '@biomejs/biome/bin/biome', ['ci', '.']],
  ['types of the page', 'typescript-native/bin/tsc', typesOf('ui')],
  [
    'import walls',
    'dependency-cruiser/bin/dependency-cruiser.mjs',
    ['src', 'ui/src', '--config', '.dependency-cruiser.cjs'],
  ],
  ['unused files, exports and dependencies', 'knip/bin/knip.js', []],
])
say('tests …')
runTests(process.argv.slice(2))

/**
 * Runs the tests. The files of tests that failed run once more, alone and from their beginning: the steps of a journey
 * build on each other, and a machine that others use too can be too slow for one. The report names them.
 */
function runTests(args) {
  const report = join(root, 'node_modules/.cache/tests.json')
  rmSync(report, { force: true })
  const vitest = [module('vitest/vitest.mjs'), 'run']
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  if (succeeds(findNode(), [...vitest, ...reporters, ...args])) return
  const failed = findFailedFiles(report)
  if (failed.length === 0 || failed.length > mostFilesToRepeat) process.exit(1)
  say(`failed, and run once more: ${failed.join(', ')}`)
  if (!succeeds(findNode(), [...vitest, ...failed])) process.exit(1)
  say(`passed at the second try only: ${failed.join(', ')}`)
}

function findFailedFiles(report) {
  if (!existsSync(report)) return []
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
  return testResults.filter(({ status }) => status === 'failed').map(({ name }) => relative(root, name))
}

/** What was found the last time is read again where its files are the same. */
function typesOf(project) {
  const found = join('node_modules/.cache/types', `${project}.json`)
  return ['-p', `tsconfig.${project}.json`, '--incremental', '--tsBuildInfoFile', found]
}

/** Runs the checks, as many at a time as there are cores, says what each that fails has printed, and then ends. */
async function checkAll(checks) {
  const waiting = [...checks]
  const failed = []
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [what, script, args] = next
      const started = Date.now()
      const { status, printed } = await runQuietly([module(script), ...args])
      const seconds = ((Date.now() - started) / 1000).toFixed(1)
      say(status === 0 ? `${what}: ${seconds} s` : `${what}: failed\n${printed}`)
      if (status !== 0) failed.push(what)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  if (failed.length === 0) return
  say(`failed: ${failed.join('; ')}`)
  process.exit(1)
}

function runQuietly(args) {
  const child = spawn(findNode(), args, { cwd: root, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      printed += text
    })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, printed }))
  })
}

/**
 * Dependencies are installed without their scripts, so the one that needs compiling is compiled here, with
 * the headers of the packaged Node.
 */
function compilePkcs11() {
  if (existsSync(module('pkcs11js/build/Release/pkcs11.node'))) return
  say('compiling pkcs11js …')
  const headers = module(`node-${process.platform}-${process.arch}`)
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
  run(npm[0], [
    ...npm.slice(1),
    'rebuild',
    'pkcs11js',
    ...(existsSync(headers) ? [`--nodedir=${headers}`] : []),
    '--loglevel=error',
  ])
}

function canInstall() {
  return process.getuid?.() === 0 && isInstalled('apt-get')
}

function installing(packages) {
  return `DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${packages.join(' ')} >/dev/null`
}

function installTestPrograms() {
  const missing = programs.filter(
    ([program]) =>
      !(program.startsWith('/') ? existsSync(program) : isInstalled(program)) &&
      !(program === 'initdb' && isInstalled('/usr/lib/postgresql/*/bin/initdb')),
  )
  if (missing.length === 0) return
  const packages = missing.map(([, name]) => name)
  if (canInstall()) {
    say(`installing test programs: ${packages.join(', ')} …`)
    run('sh', ['-c', `apt-get update -qq && ${installing(packages)}`])
    return
  }
  say(
    `The tests need ${missing.map(([program]) => program).join(', ')}. On Debian: apt-get install ${packages.join(' ')}`,
  )
  process.exit(1)
}

/** Not every system has a package of each, and none is needed: one that cannot be installed is left out. */
function installFasterPrograms() {
  const packages = faster.filter(([program]) => !isInstalled(program)).map(([, name]) => name)
  if (packages.length === 0 || !canInstall()) return
  spawnSync('sh', ['-c', `(apt-get update -qq && ${installing(packages)}) 2>/dev/null`])
}
