import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { operations } from '../../src/contract/operations.ts'
import { locks } from '../../src/storage/lock-order.ts'
import { openBridge } from '../../test/support/bridge.ts'
import { issueCertificate, until } from '../../test/support/certificates.ts'
import { createGatewayClient, readIdentity } from '../../test/support/gateway-client.ts'
import { createPostgresDatabase, startPostgres } from '../../test/support/postgres.ts'
import { type Fault, noFindings, type Outcome } from './fault.ts'
import { callOnce, type Harness, openHarness } from './harness.ts'
import { underLoad } from './load.ts'

/** A Postern on PostgreSQL through a bridge. */
interface PostgresHarness extends Harness {
  bridge: Awaited<ReturnType<typeof openBridge>>
  /** The URL of the database itself. */
  url: string
}

async function* onPostgres(
  rounds: number,
  round: (harness: PostgresHarness) => Promise<Outcome>,
): AsyncGenerator<Outcome> {
  const server = await startPostgres()
  const url = await createPostgresDatabase(server.url)
  const bridge = await openBridge(url)
  const harness = await openHarness({
    config: { storage: { engine: 'postgres' } },
    environment: { POSTERN_DATABASE_URL: bridge.url },
  })
  try {
    for (let number = 0; number < rounds; number += 1)
      yield await round(Object.assign(harness, { bridge, url }))
  } finally {
    await harness.close()
    bridge.close()
    await server.stop()
  }
}

const listCertificates = ({ admin }: Harness) =>
  admin.send(operations.listCertificates, { params: { organization: 'acme' } }).then(
    ({ status }) => status,
    () => 0,
  )

/** Measures how long the gateways take to accept a new certificate and, after its revocation, to deny it. */
async function untilChangesReach(harness: Harness): Promise<number> {
  const began = performance.now()
  await until(
    () => listCertificates(harness),
    (status) => status === 200,
    30,
  )
  const { certificate, files } = await issueCertificate(harness.admin, 'acme')
  const client = createGatewayClient(harness.postern, readIdentity(files))
  const ask = async () => (await client.get('/whoami')).status
  await until(ask, (status) => status === 200, 15)
  await harness.admin.call(operations.revokeCertificate, {
    params: { organization: 'acme', certificateId: certificate.id },
    body: { reason: 'superseded', name: certificate.name },
  })
  await until(ask, (status) => status === 403, 15)
  client.close()
  return performance.now() - began
}

const honest = /^503 storage_unavailable$/

const storeAway: Fault = {
  name: 'PostgreSQL is away for 4 s',
  run: (rounds) =>
    onPostgres(rounds, (harness) =>
      underLoad(harness, { refusals: honest }, async () => {
        harness.bridge.cut()
        await wait(4000)
        harness.bridge.mend()
        return untilChangesReach(harness)
      }),
    ),
}

const connectionsDead: Fault = {
  name: 'every connection to PostgreSQL dies without a word',
  run: (rounds) =>
    onPostgres(rounds, (harness) =>
      underLoad(harness, { refusals: honest, apiSeconds: 15 }, async () => {
        harness.bridge.freeze()
        harness.bridge.mend()
        return untilChangesReach(harness)
      }),
    ),
}

const storeSilent: Fault = {
  name: 'PostgreSQL takes connections and says nothing for 6 s',
  run: (rounds) =>
    onPostgres(rounds, (harness) =>
      underLoad(harness, { refusals: honest, apiSeconds: 15 }, async () => {
        harness.bridge.freeze()
        await wait(6000)
        harness.bridge.mend()
        return untilChangesReach(harness)
      }),
    ),
}

const lockAbandoned: Fault = {
  name: 'an abandoned transaction holds the record lock',
  run: (rounds) =>
    onPostgres(rounds, async (harness) => {
      const other = new pg.Client({ connectionString: harness.url })
      other.on('error', () => {})
      await other.connect()
      try {
        return await underLoad(harness, { refusals: honest, apiSeconds: 15 }, async () => {
          await other.query('begin')
          await other.query('select pg_advisory_xact_lock($1)', [locks.record])
          const health = await until(
            () => listCertificates(harness),
            (status) => status === 200,
            5,
          )
          await wait(5000)
          await other.query('rollback').catch(() => {})
          return health.milliseconds
        })
      } finally {
        await other.end().catch(() => {})
      }
    }),
}

/** Restores the database to the content of `template`, as a failover to an older replica does. */
async function goBack({ url }: PostgresHarness, template: string): Promise<void> {
  await administer(url, async (client, name) => {
    await client.query(`drop database ${name} with (force)`)
    await client.query(`create database ${name} template ${template}`)
  })
}

/** Copies the current database; returns the name of the copy. */
async function copyDatabase({ url, bridge }: PostgresHarness): Promise<string> {
  const copy = `copy_${Date.now()}`
  bridge.cut()
  await administer(url, async (client, name) => {
    await client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
    await client.query(`create database ${copy} template ${name}`)
  })
  bridge.mend()
  return copy
}

async function administer(
  url: string,
  work: (client: pg.Client, name: string) => Promise<void>,
): Promise<void> {
  const server = new URL(url)
  const name = server.pathname.slice(1)
  server.pathname = '/postgres'
  const client = new pg.Client({ connectionString: server.href })
  await client.connect()
  try {
    await work(client, name)
  } finally {
    await client.end()
  }
}

/**
 * Revoked before and lost by the store, revoked afterwards, and revoked after the log is longer than before.
 */
const storeGoesBack: Fault = {
  name: 'PostgreSQL comes back in an older state',
  run: (rounds) =>
    onPostgres(rounds, async (harness) => {
      const found = noFindings()
      await until(
        () => listCertificates(harness),
        (status) => status === 200,
        30,
      )
      const victims = []
      for (let count = 0; count < 3; count += 1) victims.push(await issueCertificate(harness.admin, 'acme'))
      const [forgotten, afterwards, muchLater] = victims as [Victim, Victim, Victim]
      const template = await copyDatabase(harness)
      await until(
        () => listCertificates(harness),
        (status) => status === 200,
        30,
      )
      for (let count = 0; count < 3; count += 1) await issueCertificate(harness.admin, 'acme')
      await revoke(harness, forgotten)
      await expectRefused(harness, forgotten, 'revoked before', found)
      await goBack(harness, template)
      await until(
        () => listCertificates(harness),
        (status) => status === 200,
        30,
      )
      await wait(3000)
      await expectRefused(harness, forgotten, 'revoked before, forgotten by the store', found)
      await revoke(harness, afterwards)
      await expectRefused(harness, afterwards, 'revoked after it', found)
      for (let count = 0; count < 12; count += 1) await issueCertificate(harness.admin, 'acme')
      await revoke(harness, muchLater)
      await expectRefused(harness, muchLater, 'revoked when the log was longer than before', found)
      await administer(harness.url, async (client) => {
        await client.query(`drop database ${template}`)
      })
      return found
    }),
}

type Victim = Awaited<ReturnType<typeof issueCertificate>>

const revoke = ({ admin }: Harness, { certificate }: Victim) =>
  admin.call(operations.revokeCertificate, {
    params: { organization: 'acme', certificateId: certificate.id },
    body: { reason: 'key_compromise', name: certificate.name },
  })

async function expectRefused(harness: Harness, victim: Victim, when: string, found: Outcome): Promise<void> {
  const client = createGatewayClient(harness.postern, readIdentity(victim.files))
  const ask = async () => (await client.get('/whoami')).status
  await until(ask, (status) => status === 403, 5).catch(() => {})
  // New connections are distributed among the gateways: each of them must deny.
  const statuses = await Promise.all(Array.from({ length: 8 }, ask))
  client.close()
  if (statuses.some((status) => status !== 403)) found.lost.push(`${when}: ${statuses}`)
}

const startedWithout: Fault = {
  name: 'Postern is started while PostgreSQL is away',
  run: (rounds) =>
    onPostgres(rounds, async (harness) => {
      const found = noFindings()
      await harness.postern.end()
      harness.bridge.cut()
      const starting = harness.place.start()
      await wait(500 + Math.random() * 5000)
      harness.bridge.mend()
      const began = performance.now()
      try {
        harness.postern = await starting
        await until(
          () => callOnce(harness),
          (answer) => answer === '200',
          15,
        )
      } catch (error) {
        found.hung.push((error as Error).message)
        harness.postern = await harness.place.start()
      }
      return { ...found, felt: performance.now() - began }
    }),
}

/** Faults of PostgreSQL and of its network. */
export const postgresFaults: Fault[] = [
  storeAway,
  connectionsDead,
  storeSilent,
  lockAbandoned,
  storeGoesBack,
  startedWithout,
]
