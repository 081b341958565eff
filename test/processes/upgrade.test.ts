import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { expect, inject, onTestFinished, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { signInFirst } from '../support/api.ts'
import { type CallTally, callAnew, callOverHttp1, callOverHttp2 } from '../support/call-load.ts'
import { createTestCredential, fetchToken, issueCertificate, until } from '../support/certificates.ts'
import { readIdentity } from '../support/gateway-client.ts'
import { holdSockets } from '../support/hold-sockets.ts'
import { makeNextRelease } from '../support/next-release.ts'
import { preparePostern } from '../support/postern.ts'
import { createPostgresDatabase } from '../support/postgres.ts'
import { clearPlace } from '../support/processes.ts'

/** A host with portal and gateways, whose sockets outlive its processes. */
async function prepareHost(url: string, keys: NodeJS.ProcessEnv) {
  const sockets: number[] = []
  const place = await preparePostern({
    // Clients know one address, as of a balancer: tokens of one host are those of the other.
    config: {
      storage: { engine: 'postgres' },
      environments: {
        production: { port: 8443, url: 'https://localhost:8443' },
        staging: { port: 8444, url: 'https://localhost:8444' },
      },
    },
    environment: { POSTERN_DATABASE_URL: url, ...keys },
    sockets,
  })
  onTestFinished(() => clearPlace(place))
  sockets.push(...holdSockets(place.ports))
  return place
}

test('two hosts are upgraded one after the other under load, and no call fails', {
  timeout: 600_000,
}, async () => {
  const url = await createPostgresDatabase(inject('postgresUrl'))
  const key = () => randomBytes(32).toString('base64')
  const keys = { POSTERN_AUTHORITY_KEY: key(), POSTERN_GATEWAY_KEY: key(), POSTERN_SESSION_KEY: key() }
  const first = await prepareHost(url, keys)
  const second = await prepareHost(url, keys)
  const release = makeNextRelease()
  const runs = [await first.start(), await second.start()]
  const admin = await signInFirst({ ...first, firstRun: first.firstRun }, 'admin@acme.example')
  const { files } = await issueCertificate(admin, 'acme')
  const token = await fetchToken(first, files, await createTestCredential(admin, 'acme'))
  const identity = readIdentity(files)

  const tallies: CallTally[] = []
  const stop = new AbortController()
  const load = [first, second].flatMap((host) =>
    [callOverHttp1, callOverHttp2, callAnew].map((call) => {
      const record: CallTally = { answered: 0, lost: [], refused: 0 }
      tallies.push(record)
      return call(host, identity, token, record, stop.signal)
    }),
  )
  const askPortal = async () => {
    while (!stop.signal.aborted) {
      await admin.call(operations.getSession)
      await wait(100)
    }
  }
  const portal = askPortal()
  /** Waits until each kind of call has been answered at each host again. */
  const untilAllAnswered = async () => {
    const before = tallies.map(({ answered }) => answered)
    await until(
      async () => tallies.map(({ answered }) => answered),
      (now) => now.every((answered, index) => answered > (before[index] ?? 0) + 5),
      120,
    )
  }
  const replace = async (index: number, program?: string) => {
    expect(await runs[index]?.end()).toBe(0)
    const host = index === 0 ? first : second
    runs[index] = await host.start(...(program === undefined ? [] : [{ program }]))
    await untilAllAnswered()
  }

  await untilAllAnswered()
  await replace(0, release.program)
  const database = await openDatabase({ engine: 'postgres', url })
  onTestFinished(() => database.close())
  expect(await database.queries.selectFrom('migration_needs').selectAll().execute()).toContainEqual(
    expect.objectContaining({ name: release.migration }),
  )
  // A process of this release starts on the tables of the next one.
  await replace(1)
  await issueCertificate(admin, 'acme')
  await replace(1, release.program)
  stop.abort()
  await Promise.all([...load, portal])
  expect(tallies.flatMap(({ lost }) => lost)).toEqual([])

  // A release that the store says nothing about is not read by an older one.
  await sql`delete from migration_needs`.execute(database.queries)
  expect(await runs[0]?.end()).toBe(0)
  const { exitCode, output } = first.run('serve')
  expect(await exitCode).toBe(1)
  expect(output()).toContain('a downgrade is rejected')
})
