import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { createApiClient, signInFirst } from '../support/api.ts'
import { preparePostern } from '../support/postern.ts'
import { prepareProduction } from '../support/production.ts'

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)
const before = process.umask()
afterEach(() => process.umask(before))

/** Lists every file and folder below `folder` that users other than the owner can access. */
const findOpen = (folder: string) =>
  ['.', ...readdirSync(folder, { recursive: true }).map(String)]
    .map((name) => join(folder, name))
    .filter((path) => (statSync(path).mode & 0o077) !== 0)

test.each([0o000, 0o022])(
  'with any umask (%o) only the owner can access what Postern writes, and gateways read it',
  { timeout: 180_000 },
  async (umask) => {
    process.umask(umask)
    const postern = await (await preparePostern()).start()
    onTestFinished(() => postern.stop())
    // A write creates the other database files.
    const admin = await signInFirst(postern, 'admin@acme.example')
    expect((await admin.send(operations.getSession)).status).toBe(200)
    const names = readdirSync(postern.dataFolder)
    expect(names).toEqual(
      expect.arrayContaining(['postern.db', 'postern.db-wal', 'postern.db-shm', 'keys', 'tls']),
    )
    expect(findOpen(postern.dataFolder)).toEqual([])
    expect(modeOf(postern.dataFolder)).toBe('700')
    expect(modeOf(join(postern.dataFolder, 'postern.db'))).toBe('600')
  },
)

test('files that were open to others are restricted at the start, with a log line for each', {
  timeout: 180_000,
}, async () => {
  const place = await preparePostern()
  const first = await place.start()
  await first.end()
  const { dataFolder } = place
  const opened = ['', 'postern.db', 'keys', 'keys/authority.key', 'tls/gateway.key'].map((name) =>
    join(dataFolder, name),
  )
  for (const path of opened) chmodSync(path, statSync(path).isDirectory() ? 0o755 : 0o644)
  mkdirSync(join(dataFolder, 'of-somebody-else'), { mode: 0o755 })
  writeFileSync(join(dataFolder, 'of-somebody-else', 'notes.txt'), 'x', { mode: 0o644 })
  const second = await place.start()
  onTestFinished(() => second.stop())
  for (const path of opened) {
    expect(statSync(path).mode & 0o077).toBe(0)
    expect(second.output()).toContain(`Others could read ${join(path)} (mode 0`)
  }
  expect(modeOf(join(dataFolder, 'of-somebody-else'))).toBe('755')
  expect(second.output()).not.toContain('of-somebody-else')
})

test('production rejects secret files that others can read, names each, and creates nothing', {
  timeout: 180_000,
}, async () => {
  const place = await prepareProduction()
  onTestFinished(() => place.remove())
  for (const [setting, path] of Object.entries(place.secretFiles)) {
    chmodSync(path, 0o644)
    const command = place.run('serve')
    expect(await command.exitCode).toBe(1)
    expect(command.output()).toContain(`${setting}: others can read ${path}. Run chmod 600 ${path}.`)
    chmodSync(path, 0o600)
  }
  expect(readdirSync(join(place.dataFolder, '..'))).not.toContain('data')
})

test('a server certificate that does not match its key is rejected at the start in one sentence', {
  timeout: 180_000,
}, async () => {
  const place = await prepareProduction()
  onTestFinished(() => place.remove())
  const keyFile = place.secretFiles['gateway.key'] ?? ''
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  for (const [type, sentence] of [
    ['pem', 'do not belong together'],
    ['der', 'is a private key in DER'],
  ] as const) {
    writeFileSync(keyFile, other.export({ type: 'pkcs8', format: type as 'pem' }))
    const command = place.run('serve')
    expect(await command.exitCode).toBe(1)
    expect(command.output()).toMatch(/^postern: error: gateway\.(certificate|key): [^\n]*\n$/)
    expect(command.output()).toContain(sentence)
  }
  expect(readdirSync(join(place.dataFolder, '..'))).not.toContain('data')
})

test('development accepts secret files that others can read, and logs that', {
  timeout: 180_000,
}, async () => {
  const folder = await prepareProduction()
  const key = folder.secretFiles.POSTERN_SESSION_KEY_FILE ?? ''
  chmodSync(key, 0o644)
  const postern = await (await preparePostern({ environment: { POSTERN_SESSION_KEY_FILE: key } })).start(
    '--portal',
  )
  onTestFinished(() => postern.stop())
  expect(postern.output()).toContain(
    `hint: POSTERN_SESSION_KEY_FILE: others can read ${key}. Run chmod 600 ${key}.`,
  )
})

test('production starts with private secret files, and logs if it cannot determine client addresses', {
  timeout: 180_000,
}, async () => {
  const place = await prepareProduction()
  const postern = await place.start()
  onTestFinished(() => postern.stop())
  expect(postern.output()).toContain('portal.trustedProxies is empty while portal.url is https')
  const client = createApiClient(postern)
  for (let n = 0; n < 3; n++)
    await client.send(operations.signIn, { body: { email: 'a@b.example', password: 'wrong' } })
  const named = await prepareProduction({
    portal: { url: 'https://portal.provider.example', trustedProxies: ['127.0.0.1'] },
  })
  const other = await named.start('--portal')
  onTestFinished(() => other.stop())
  expect(other.output()).not.toContain('portal.trustedProxies')
})
