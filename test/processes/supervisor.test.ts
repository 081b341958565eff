import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { signInFirst, toUrl } from '../support/api.ts'
import { createTestCredential, fetchToken, issueCertificate, until } from '../support/certificates.ts'
import { expectWithin } from '../support/expect-within.ts'
import { createGatewayClient, readIdentity } from '../support/gateway-client.ts'
import { type PosternPlace, preparePostern, type RunningPostern, sources } from '../support/postern.ts'
import { clearPlace, findTakenPorts, listProcesses } from '../support/processes.ts'
import { signIn, withStore } from '../support/users.ts'

// A test starts Postern up to four times, with five processes each.
vi.setConfig({ testTimeout: 180_000 })

let place: PosternPlace

const config = { gateway: { processes: 2 } }
beforeEach(async () => {
  place = await preparePostern({ config })
})
afterEach(() => clearPlace(place))

/** Waits until no process of the place runs, and none of its ports accepts connections. */
async function untilNothingIsLeft(): Promise<void> {
  await until(
    async () => listProcesses(place),
    (pids) => pids.length === 0,
    60,
  )
  expect(await findTakenPorts(place.ports)).toEqual([])
}

const people = ['operator@postern.example', 'admin@acme.example', 'admin@globex.example'] as const
const firstRunFile = () => join(place.dataFolder, 'first-run.json')
const authorityKeyFile = () => join(place.dataFolder, 'keys', 'authority.key')

/** Reads what must not change from one start to the next. */
async function readLastingDetails(postern: RunningPostern, identity: { cert: string; key: string }) {
  const issuers = await withStore(postern, ({ queries }) =>
    queries.selectFrom('issuers').select(['id', 'certificate_der']).orderBy('id').execute(),
  )
  const keys = await createGatewayClient(postern, identity).get('/jwks.json')
  return {
    issuers: issuers.map(({ id, certificate_der }) => [id, Buffer.from(certificate_der).toString('hex')]),
    keys: JSON.parse(keys.text),
    serverCa: readFileSync(postern.serverCaFile, 'utf8'),
  }
}

test.each([
  [0, 'POSTERN_PORTAL_PORT'],
  [1, 'POSTERN_PUBLIC_PORT'],
  [2, 'POSTERN_GATEWAY_PORTS (for example production='],
  [3, 'POSTERN_GATEWAY_PORTS (for example staging='],
])(
  'a port that is in use is named in one sentence with the setting that changes it (%i)',
  async (index, setting) => {
    const other = createServer().listen(place.ports[index], '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    try {
      const { exitCode, output } = place.run('serve')
      expect(await exitCode).toBe(1)
      expect(output().trim().split('\n')).toHaveLength(1)
      expect(output()).toContain(
        `postern: error: Port ${place.ports[index]} is in use by another program; stop it, or choose another port with ${setting}`,
      )
      expect(existsSync(place.dataFolder)).toBe(false)
    } finally {
      await new Promise((resolve) => other.close(resolve))
    }
  },
)

test('one-time passwords are deleted one by one as they are used, and a reset creates new ones', async () => {
  const postern = await place.start('--portal')
  expect(statSync(firstRunFile()).mode & 0o777).toBe(0o600)
  expect(postern.firstRun().people.map(({ email }) => email)).toEqual(people)
  for (const { email, oneTimePassword } of postern.firstRun().people) {
    expect(postern.output()).toContain(`${email.padEnd(28)} ${oneTimePassword}`)
  }
  await signInFirst(postern, people[1])
  expect(postern.firstRun().people.map(({ email }) => email)).toEqual([people[0], people[2]])
  expect(statSync(firstRunFile()).mode & 0o777).toBe(0o600)
  await signInFirst(postern, people[0])
  expect(postern.firstRun().people.map(({ email }) => email)).toEqual([people[2]])

  await postern.end()
  const again = await place.start('--portal')
  expect(again.output()).toContain(people[2])
  expect(again.output()).not.toContain(people[1])
  await signInFirst(again, people[2])
  expect(existsSync(firstRunFile())).toBe(false)
  await again.end()

  const reset = place.run('reset', '--yes')
  expect([await reset.exitCode, reset.output()]).toEqual([
    0,
    `${place.dataFolder} is empty. The next npm start begins anew.\n`,
  ])
  expect(readdirSync(place.dataFolder)).toEqual([])
  const anew = await place.start('--portal')
  expect(anew.firstRun().people.map(({ email }) => email)).toEqual(people)
  await anew.end()
})

test('all data survives a restart, also after the whole process tree was killed', async () => {
  // As a user starts it, without what was built for the other tests.
  place = await preparePostern({ config, program: sources })
  const first = await place.start()
  const admin = await signInFirst(first, people[1])
  // Of the slow hash, which what was built for the other tests does without.
  const hashes = await withStore(first, ({ queries }) =>
    queries.selectFrom('accounts').select('password').execute(),
  )
  for (const { password } of hashes) expect(password).toMatch(/^[0-9a-f]{32}:[0-9a-f]{128}$/)
  const { certificate, files } = await issueCertificate(admin, 'acme')
  const credential = await createTestCredential(admin, 'acme')
  const token = await fetchToken(first, files, credential)
  const identity = readIdentity(files)
  const before = await readLastingDetails(first, identity)

  const expectAsBefore = async (postern: RunningPostern) => {
    expect(await readLastingDetails(postern, identity)).toEqual(before)
    const client = await signIn(postern, people[1])
    const params = { organization: 'acme', certificateId: certificate.id }
    const kept = await client.call(operations.getCertificate, { params })
    expect(kept).toMatchObject({ status: 'issued', issued: { pem: certificate.issued?.pem } })
    const answer = await createGatewayClient(postern, identity).get('/payments', token)
    expect(answer.status).toBe(200)
  }

  expect(await first.end('SIGTERM')).toBe(0)
  expect(listProcesses(place)).toEqual([])
  expect(await findTakenPorts(place.ports)).toEqual([])

  const started = performance.now()
  const second = await place.start()
  const milliseconds = performance.now() - started
  expectWithin('second start to ready', 15_000, milliseconds)
  await expectAsBefore(second)

  expect(await second.end('SIGKILL')).toBe(null)
  const killed = performance.now()
  await untilNothingIsLeft()
  console.info(`supervisor killed to parts gone: ${(performance.now() - killed).toFixed(0)} ms`)
  const third = await place.start()
  await expectAsBefore(third)
  expect(await third.end('SIGINT')).toBe(0)
})

test('no process remains if Postern is killed at any moment of its start', async () => {
  // Alone, with the portal, with the demo upstream, and with its two gateways.
  for (const processes of [1, 2, 3, 5]) {
    const { child, exitCode } = place.run('serve')
    await until(
      async () => listProcesses(place).length,
      (count) => count >= processes,
      20,
    )
    child.kill('SIGKILL')
    await exitCode
    await untilNothingIsLeft()
  }
  const postern = await place.start()
  const gateways = postern.findProcesses('gateway-process')
  expect(gateways).toHaveLength(2)
  for (const pid of gateways) {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    expect(command).toContain('--no-allocation-site-pretenuring')
    expect(command).toContain('--max-semi-space-size=8')
  }
  await postern.end()
  await untilNothingIsLeft()
})

test('every printed password signs in, even if the first start was interrupted', async () => {
  // With hashes that take no time nobody could interrupt it between two users.
  clearPlace(place)
  place = await preparePostern({ config, program: sources })
  for (const made of [1, 2]) {
    const { child, exitCode } = place.run('serve', '--portal')
    await until(
      async () => countPeople(),
      (count) => count >= made,
      30,
    )
    for (const pid of listProcesses(place)) process.kill(pid, 'SIGKILL')
    child.kill('SIGKILL')
    await exitCode
    await untilNothingIsLeft()
    expect(countPeople()).toBeLessThan(people.length)
  }
  const postern = await place.start('--portal')
  for (const email of people) await signInFirst(postern, email)
  expect(existsSync(firstRunFile())).toBe(false)
  await postern.end()
})

/** Returns how many users the store has; 0 while the table does not exist. */
function countPeople(): number {
  try {
    using file = new DatabaseSync(join(place.dataFolder, 'postern.db'), { readOnly: true, timeout: 1000 })
    return Number(file.prepare('select count(*) as count from users').get()?.count)
  } catch {
    return 0
  }
}

test('Postern stops immediately if it is told to while gateways wait for the portal', async () => {
  const { child, exitCode, output } = place.run('serve', '--gateway')
  await until(
    async () => listProcesses(place).length,
    (count) => count === 4,
    30,
  )
  child.kill('SIGTERM')
  expect(await exitCode).toBe(0)
  expect(output()).toBe('')
  expect(listProcesses(place)).toEqual([])
})

test('Postern locks its data folder while it runs; when stopped, it finishes every request and closes event streams', async () => {
  const postern = await place.start()
  await expectFolderHeld()
  const admin = await signInFirst(postern, people[1])
  const { certificate, files } = await issueCertificate(admin, 'acme')
  const token = await fetchToken(postern, files, await createTestCredential(admin, 'acme'))
  const params = { organization: 'acme', certificateId: certificate.id }
  const url = toUrl(postern.portalUrl, operations.streamCertificateActivity, { params })
  const stream = await fetch(url, { headers: { cookie: admin.cookie() } })
  // Browsers open connections before they need them.
  const unused = connect(place.ports[0] as number, '127.0.0.1')
  await once(unused, 'connect')
  const { callers, untilAnswered } = startCallers(postern, readIdentity(files), token)
  await untilAnswered(50)

  const started = performance.now()
  const ended = postern.end()
  expect(await Promise.all(callers)).toEqual([200, 200, 200, 200])
  expect(await stream.text()).toContain('event: stream.opened')
  expect(await ended).toBe(0)
  expectWithin('told to stop to ended', 8000, performance.now() - started)
  await untilNothingIsLeft()
})

/** Expects that neither a second start nor a reset changes the data folder of a running Postern. */
async function expectFolderHeld(): Promise<void> {
  const before = readdirSync(place.dataFolder).toSorted()
  const second = place.run('serve', '--gateway')
  expect(await second.exitCode).toBe(1)
  const reset = place.run('reset', '--yes')
  expect([await reset.exitCode, reset.output()]).toEqual([
    1,
    expect.stringContaining(
      `Another Postern runs its portal on the data folder ${place.dataFolder}. Stop it first`,
    ),
  ])
  expect(readdirSync(place.dataFolder).toSorted()).toEqual(before)
}

/**
 * Runs four clients that send requests over keep-alive connections until a response differs or is the last.
 */
function startCallers(postern: RunningPostern, identity: { cert: string; key: string }, token: string) {
  let answered = 0
  const clients = Array.from({ length: 4 }, () => createGatewayClient(postern, identity, { keepAlive: true }))
  const callers = clients.map(async ({ get, close }) => {
    for (;;) {
      const { status, isLast } = await get('/payments', token)
      answered += 1
      if (status === 200 && !isLast) continue
      close()
      return status
    }
  })
  const untilAnswered = (count: number) =>
    until(
      async () => answered,
      (seen) => seen > count,
      10,
    )
  return { callers, untilAnswered }
}

test('Postern does not start with another authority key, reports it in one sentence, and changes nothing', async () => {
  const first = await place.start('--portal')
  await first.end()
  const key = readFileSync(authorityKeyFile())
  const readStore = () =>
    withStore(place, async ({ queries }) => ({
      issuers: await queries.selectFrom('issuers').selectAll().execute(),
      keys: await queries.selectFrom('issuer_keys').selectAll().execute(),
      audit: await queries.selectFrom('audit').selectAll().execute(),
      changes: await queries.selectFrom('changes').selectAll().execute(),
    }))
  const before = await readStore()
  writeFileSync(authorityKeyFile(), randomBytes(32).toString('base64'))
  const { exitCode, output } = place.run('serve', '--portal')
  expect(await exitCode).toBe(1)
  expect(output()).toContain('postern: error: The key that opens the sealed keys in the store is not the one')
  expect(output()).not.toMatch(/^\s+at /m)
  await untilNothingIsLeft()
  expect(await readStore()).toEqual(before)

  writeFileSync(authorityKeyFile(), key)
  const again = await place.start('--portal')
  await again.end()
})

test('a child process that fails to start is restarted with increasing delays, and the others continue', async () => {
  const postern = await place.start()
  const admin = await signInFirst(postern, people[1])
  const { files } = await issueCertificate(admin, 'acme')
  const client = createGatewayClient(postern, readIdentity(files))
  const [gateways, key] = [postern.findProcesses('gateway-process'), readFileSync(authorityKeyFile())]
  writeFileSync(authorityKeyFile(), 'not a key')
  process.kill(postern.findProcesses('portal-process')[0] as number, 'SIGKILL')
  const delays = () =>
    [...postern.output().matchAll(/The portal ended \((.+)\) and is started again in (\d+) ms\./g)].map(
      ([, how, milliseconds]) => [how, Number(milliseconds)],
    )
  await until(
    async () => delays(),
    (seen) => seen.length >= 5,
    30,
  )
  expect(delays().slice(0, 5)).toEqual([
    ['SIGKILL', 50],
    ['exit code 78', 100],
    ['exit code 78', 200],
    ['exit code 78', 400],
    ['exit code 78', 800],
  ])
  expect((await client.get('/whoami')).status).toBe(200)
  expect(postern.findProcesses('gateway-process')).toEqual(gateways)

  writeFileSync(authorityKeyFile(), key)
  const isUp = () =>
    fetch(`${postern.portalUrl}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    )
  await until(isUp, (up) => up, 20)
  expect((await admin.send(operations.getSession)).status).toBe(200)
  await postern.end()
})
