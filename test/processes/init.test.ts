import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { examine } from '../../src/cli/diagnosis/examine.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { ensureDevelopmentTls } from '../../src/signer/development-tls.ts'
import { built } from '../support/postern.ts'

const makeFolder = () => mkdtempSync(join(tmpdir(), 'postern-init-'))
const run = (args: string[], input = '') =>
  spawnSync(process.execPath, [built, 'init', ...args], { input, encoding: 'utf8', cwd: tmpdir() })

const flags = (folder: string) => [
  ...[
    '--folder',
    folder,
    '--portal-url',
    'https://portal.example',
    '--publication-url',
    'http://pki.example',
  ],
  ...['--api-host', 'api.example', '--api-port', '18443', '--upstream', 'http://127.0.0.1:9'],
  ...['--proxies', '127.0.0.1,10.0.0.0/8', '--mail-from', 'Postern <postern@example.com>'],
  ...['--smtp-host', '192.0.2.1', '--smtp-port', '465'],
]
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)
const listFiles = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .toSorted()

/** The variables that a unit gives to its process, with the files of the credentials where systemd takes them from. */
function readUnit(folder: string, name: string): NodeJS.ProcessEnv {
  const unit = readFileSync(join(folder, 'systemd', name), 'utf8')
  const credentials = new Map(
    [...unit.matchAll(/^LoadCredential=([\w-]+):(.*)$/gm)].map(([, key = '', path = '']) => [key, path]),
  )
  const variables = [...unit.matchAll(/^Environment=(POSTERN_\w+)=(.*)$/gm)]
  return Object.fromEntries(
    variables.map(([, key, value = '']) => [
      key,
      value.replace(/^%d\/(.*)$/, (_, one) => credentials.get(one) ?? ''),
    ]),
  )
}

test('init writes an installation that the doctor finds in order but for what is still to come', async () => {
  const folder = join(makeFolder(), 'etc')
  const [portalUrl, gatewayUrl] = ['portal', 'gateway'].map((role) => {
    const path = join(tmpdir(), `${role}-url`)
    writeFileSync(path, `postgres://${role}:secret-${role}@127.0.0.1:1/postern\n`)
    return path
  }) as [string, string]
  const password = join(tmpdir(), 'smtp-password')
  writeFileSync(password, 'secret-mail')
  const databases = ['--database-url-file', portalUrl, '--gateway-database-url-file', gatewayUrl]
  const mail = ['--smtp-user', 'postern', '--smtp-password-file', password]
  const { status, stdout, stderr } = run([...flags(folder), ...databases, ...mail])
  expect({ status, stderr: stderr.match(/error.*/)?.[0] }).toEqual({ status: 0 })
  expect(stdout + stderr).not.toMatch(/secret-/)
  expect(listFiles(folder)).toEqual([
    'postern.yaml',
    ...['authority-key', 'gateway-database-url', 'gateway-key', 'portal-database-url'].map(
      (name) => `secrets/${name}`,
    ),
    ...['session-key', 'smtp-password'].map((name) => `secrets/${name}`),
    ...['gateway.service', 'gateway.socket', 'portal.service', 'portal.socket'].map(
      (name) => `systemd/postern-${name}`,
    ),
    'systemd/postern.sysusers',
  ])
  for (const name of readdirSync(join(folder, 'secrets')))
    expect(modeOf(join(folder, 'secrets', name))).toBe('600')
  expect(modeOf(join(folder, 'secrets'))).toBe('700')
  expect(modeOf(join(folder, 'postern.yaml'))).toBe('644')
  expect(readFileSync(join(folder, 'postern.yaml'), 'utf8')).not.toMatch(/secret-/)
  for (const name of ['postern-portal.service', 'postern-gateway.service'])
    execFileSync('systemd-analyze', [
      'security',
      '--offline=true',
      '--threshold=30',
      join(folder, 'systemd', name),
    ])
  await ensureDevelopmentTls(
    {
      certificateFile: join(folder, 'tls/gateway.pem'),
      keyFile: join(folder, 'tls/gateway.key'),
      serverCaFile: join(folder, 'ca.pem'),
    },
    ['api.example'],
    { now: () => Date.now() },
  )
  const variables = { ...readUnit(folder, 'postern-gateway.service'), POSTERN_DATA: join(folder, 'data') }
  const settings = readSettings(variables)
  expect(settings.variables.databaseUrl).toContain('secret-gateway')
  expect(settings.variables.authorityKey).toBeUndefined()
  const findings = await examine(settings, { portal: false, gateway: true }, Date.now())
  // PostgreSQL is not there.
  expect(findings.map(({ text }) => text)).toEqual([expect.stringContaining('PostgreSQL at 127.0.0.1:1')])
})

test('init gives a process that only publishes a key, a role and a port of its own, if asked', async () => {
  const folder = join(makeFolder(), 'etc')
  const urls = ['database', 'publication-database'].flatMap((name) => {
    const path = join(tmpdir(), `${name}-url`)
    writeFileSync(path, `postgres://${name}@127.0.0.1:1/postern\n`)
    return [`--${name}-url-file`, path]
  })
  const databases = [
    ...urls,
    '--gateway-database-url-file',
    join(tmpdir(), 'database-url'),
    '--smtp-user',
    '',
  ]
  const { status, stderr } = run([...flags(folder), ...databases])
  expect(status, stderr).toBe(0)
  const [portal, publication] = ['portal', 'publication'].map((role) =>
    readUnit(folder, `postern-${role}.service`),
  ) as [NodeJS.ProcessEnv, NodeJS.ProcessEnv]
  const keyOf = ({ POSTERN_PUBLICATION_KEY_FILE: file = '' }: NodeJS.ProcessEnv) => readFileSync(file, 'utf8')
  expect(keyOf(portal)).toBe(keyOf(publication))
  const ports = ['portal', 'publication'].map((role) =>
    readFileSync(join(folder, `systemd/postern-${role}.socket`), 'utf8').match(/(?<=^ListenStream=).*/gm),
  )
  expect(ports).toEqual([['127.0.0.1:3000'], ['127.0.0.1:8080']])
  const settings = readSettings({ ...publication, POSTERN_DATA: join(folder, 'data') })
  expect(settings.file.publication.servedBy).toBe('publication')
  expect(settings.variables).toMatchObject({ authorityKey: undefined, gatewayKey: undefined })
  const parts = { portal: false, gateway: false, publication: true }
  const findings = await examine(settings, parts, Date.now())
  expect(findings.map(({ text }) => text)).toEqual([expect.stringContaining('PostgreSQL at 127.0.0.1:1')])
})

test('init asks for what no option gives, and on SQLite writes one unit', () => {
  const folder = join(makeFolder(), 'etc')
  const answers = [
    folder,
    ...['https://portal.example', 'http://pki.example', 'api.example', '', 'http://127.0.0.1:9', ''],
    ...['postern@example.com', 'mail.example', '', '', ''],
  ]
  const { status, stderr } = run([], `${answers.join('\n')}\n`)
  expect(stderr).toContain('Port of the gateways [8443]: ')
  expect(status).toBe(0)
  expect(listFiles(folder)).toEqual([
    'postern.yaml',
    ...['authority-key', 'gateway-key', 'session-key'].map((name) => `secrets/${name}`),
    'systemd/postern.service',
    'systemd/postern.socket',
    'systemd/postern.sysusers',
  ])
  const unit = readFileSync(join(folder, 'systemd/postern.service'), 'utf8')
  const socket = readFileSync(join(folder, 'systemd/postern.socket'), 'utf8')
  expect(socket.match(/^ListenStream=.*$/gm)).toEqual(
    ['127.0.0.1:3000', '127.0.0.1:8080', '0.0.0.0:8443'].map((address) => `ListenStream=${address}`),
  )
  expect(unit).toContain('User=postern\n')
  expect(unit).toMatch(/^ExecStart=\S+ \S+ serve$/m)
  expect(unit).not.toMatch(/database-url|smtp-password|postern-portal/)
  const settings = readSettings(readUnit(folder, 'postern.service'))
  expect(settings.file).toMatchObject({ profile: 'production', storage: { engine: 'sqlite' } })
})

test('init replaces nothing, and leaves nothing behind where it stops', () => {
  const folder = makeFolder()
  mkdirSync(join(folder, 'secrets'))
  writeFileSync(join(folder, 'secrets/authority-key'), 'the only one')
  const empty = join(folder, 'empty')
  writeFileSync(empty, '')
  const sqlite = ['--smtp-user', '', '--database-url-file', empty]
  const { status, stderr } = run([...flags(folder), ...sqlite])
  expect(status).toBe(1)
  expect(stderr).toContain('secrets/authority-key is already there. Nothing was written.')
  expect(readFileSync(join(folder, 'secrets/authority-key'), 'utf8')).toBe('the only one')
  expect(existsSync(join(folder, 'postern.yaml'))).toBe(false)
})

test.each([
  ['an address that is none', ['--portal-url', 'portal.example'], 'portal.url'],
  ['a portal without https', ['--portal-url', 'http://portal.example'], 'portal.url'],
  ['a port that is none', ['--api-port', '70000'], '--api-port): a port is a number from 1 to 65535'],
  ['a folder with a space', ['--folder', join(tmpdir(), 'my folder')], 'has characters'],
  ['an answer that is missing', ['--upstream', ''], '--upstream): an answer is needed'],
])('init rejects %s, and writes nothing', (_what, changed, expected) => {
  const folder = join(makeFolder(), 'etc')
  const { status, stderr } = run([
    ...flags(folder),
    '--smtp-user',
    '',
    '--database-url-file',
    '/dev/null',
    ...changed,
  ])
  expect(stderr).toContain(expected)
  expect(status).toBe(1)
  expect(existsSync(folder)).toBe(false)
})

test('init names the option where standard input ends', () => {
  const { status, stderr } = run(['--folder', join(makeFolder(), 'etc')])
  expect(status).toBe(1)
  expect(stderr).toContain('Give it with --portal-url')
})
