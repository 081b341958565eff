import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildPage, findNode, installDependencies, isInstalled, root, run, say } from './make-ready.mjs'

// Programs and files that judge Postern in the tests, and the Debian packages they come from.
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
  // What strongSwan verifies with.
  ['/usr/lib/ipsec/plugins/libstrongswan-openssl.so', 'libstrongswan-standard-plugins'],
  ['shellcheck', 'shellcheck'],
  ['nginx', 'nginx-light'],
  ['haproxy', 'haproxy'],
  ['caddy', 'caddy'],
  ['initdb', 'postgresql'],
  ['softhsm2-util', 'softhsm2'],
  ['pkcs11-tool', 'opensc'],
  // What compiles pkcs11js.
  ['python3', 'python3'],
  ['make', 'make'],
  ['g++', 'g++'],
  ['go', 'golang-go'],
  ['/usr/lib/python3/dist-packages/requests', 'python3-requests'],
  ['/usr/lib/python3/dist-packages/requests_oauthlib', 'python3-requests-oauthlib'],
  ['/usr/lib/python3/dist-packages/authlib', 'python3-authlib'],
  ['sslscan', 'sslscan'],
  ['/usr/lib/python3/dist-packages/cryptography_vectors/x509', 'python3-cryptography-vectors'],
]

installTestPrograms()
installDependencies()
buildPage()
const module = (path) => join(root, 'node_modules', path)
compilePkcs11()
check('format and lint', module('@biomejs/biome/bin/biome'), ['ci', '.'])
check('types of the server', module('typescript-native/bin/tsc'), ['-p', 'tsconfig.server.json'])
check('types of the page', module('typescript-native/bin/tsc'), ['-p', 'tsconfig.ui.json'])
check('import walls', module('dependency-cruiser/bin/dependency-cruiser.mjs'), [
  'src',
  'ui/src',
  '--config',
  '.dependency-cruiser.cjs',
])
check('unused files, exports and dependencies', module('knip/bin/knip.js'), [])
check('tests', module('vitest/vitest.mjs'), ['run', ...process.argv.slice(2)])

/** Dependencies are installed without their scripts, so the one that has to be compiled is compiled here, with the headers of the packaged Node. */
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

function check(what, script, args) {
  say(`${what} …`)
  run(findNode(), [script, ...args])
}

function installTestPrograms() {
  const missing = programs.filter(
    ([program]) =>
      !(program.startsWith('/') ? existsSync(program) : isInstalled(program)) &&
      !(program === 'initdb' && isInstalled('/usr/lib/postgresql/*/bin/initdb')),
  )
  if (missing.length === 0) return
  const packages = missing.map(([, name]) => name)
  if (process.getuid?.() === 0 && isInstalled('apt-get')) {
    say(`installing test programs: ${packages.join(', ')} …`)
    run('sh', [
      '-c',
      `apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${packages.join(' ')} >/dev/null`,
    ])
    return
  }
  say(
    `The tests need ${missing.map(([program]) => program).join(', ')}. On Debian: apt-get install ${packages.join(' ')}`,
  )
  process.exit(1)
}
