import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordChange } from '../../src/storage/change-log.ts'
import { type Database, openDatabase } from '../../src/storage/database.ts'
import { createReplicaSource } from '../../src/storage/read-replica.ts'
import { expectWithin } from '../support/expect-within.ts'
import { createGatewayClient } from '../support/gateway-client.ts'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'
import { openTestClient } from '../support/gateway-test-client.ts'
import { runOn } from '../support/make-store-unavailable.ts'
import { openPostgresPair, type PostgresPair } from '../support/postgres-pair.ts'

const patience = { timeout: 60_000, interval: 20 }
const start = { version: 0, mark: '' }

let pair: PostgresPair
let harness: GatewayHarness
let primary: Database
let replica: Database

const open = (folder?: string) =>
  openGatewayHarness({
    ...(folder !== undefined && { folder }),
    location: { engine: 'postgres', url: pair.primary().url },
    readLocation: { engine: 'postgres', url: pair.standby().url },
  })

beforeAll(async () => {
  pair = await openPostgresPair()
  harness = await open()
  primary = harness.database
  replica = await openDatabase({ engine: 'postgres', url: pair.standby().url })
})
afterAll(async () => {
  await replica?.close()
  await harness?.[Symbol.asyncDispose]()
  await pair?.close()
})

const pause = () => runOn(pair.standby().url, 'select pg_wal_replay_pause()')
const resume = () => runOn(pair.standby().url, 'select pg_wal_replay_resume()')
const record = (database: Database, id: string) =>
  database.transaction((tx) => recordChange(tx, 'registration', id, 1))
const problems = async () =>
  (await harness.gateways[0]?.readiness.list())?.filter(({ code }) => code === 'replica_behind')
/** Returns whether the server that answers is a replica. */
const isReplica = async () =>
  (await sql<{ is: boolean }>`select pg_is_in_recovery() as is`.execute(primary.queries)).rows[0]?.is

test('changes are read from the replica, and from the primary while the replica does not have them', async () => {
  const told: boolean[] = []
  const source = createReplicaSource({ primary, replica, onUsable: (is) => void told.push(is) })
  const read = async () => {
    const answers: unknown[] = []
    await source.readChanges(start, async () => void answers.push(await isReplica()))
    return answers
  }
  await expect.poll(read, patience).toEqual([true])
  await expect.poll(() => source.readAll(isReplica), patience).toBe(true)
  await expect.poll(source.lagSeconds, patience).toBe(0)

  await pause()
  const version = await record(primary, 'late')
  expect(await read()).toEqual([false])
  expect(source.lagSeconds()).toBeGreaterThan(0)
  // It is not waited for again.
  const asked = performance.now()
  expect(await read()).toEqual([false])
  expectWithin('the primary answers', 100, performance.now() - asked)
  await resume()
  await expect.poll(read, patience).toEqual([true])
  expect(told).toContain(false)
  await expect.poll(() => told.at(-1), patience).toBe(true)

  const { mark } = await primary.queries
    .selectFrom('changes')
    .select('mark')
    .where('version', '=', version)
    .executeTakeFirstOrThrow()
  let answer: unknown
  await source.readChanges({ version: version + 1, mark }, async () => {
    answer = await isReplica()
  })
  expect(answer, 'the primary alone says that it has gone back').toBe(false)
  let isRead = false
  await source.readChanges({ version, mark }, async () => {
    isRead = true
  })
  expect(isRead, 'nothing is read where there is nothing new').toBe(false)
})

test('a failure on the replica is repeated on the primary, and a failure there is thrown', async () => {
  const told: unknown[] = []
  const source = createReplicaSource({ primary, replica, onUsable: (_is, error) => void told.push(error) })
  const read = async () => {
    const answers: unknown[] = []
    await source.readChanges(start, async () => {
      const is = await isReplica()
      answers.push(is)
      if (is) throw new Error('the connection broke')
    })
    return answers
  }
  // A slow machine may find the replica late.
  await expect.poll(read, patience).toEqual([true, false])
  expect(told).toContainEqual(new Error('the connection broke'))
  const failing = source.readChanges(start, async () => {
    throw new Error('the store is away')
  })
  await expect(failing).rejects.toThrow('the store is away')
})

test('a replica that is behind delays no revocation, and the gateway says that it is', async () => {
  const { call, client } = await openTestClient(harness)
  expect((await call('/payments')).status).toBe(200)
  expect(await problems()).toEqual([])
  await pause()
  await harness.revoke(client.id)
  const revokedAt = performance.now()
  await expect.poll(async () => (await call('/whoami')).code, patience).toBe('certificate_revoked')
  expectWithin('a revocation with a replica that is behind', 500, performance.now() - revokedAt)
  await expect.poll(problems, patience).toEqual([{ code: 'replica_behind', isBlocking: false }])
  await expect.poll(() => harness.logged.join(), patience).toContain('The read replica is behind')
  await resume()
  await expect.poll(problems, patience).toEqual([])
  expect(harness.logged.join()).toContain('reads from its read replica again')
})

test('a replica of another moment is never read, by a running gateway and by one that starts', async () => {
  const { call, client, tls } = await openTestClient(harness)
  await expect.poll(async () => (await call('/payments')).status, patience).toBe(200)
  await record(primary, 'before')
  await expect
    .poll(
      () => replica.queries.selectFrom('changes').where('subject_id', '=', 'before').select('kind').execute(),
      patience,
    )
    .toHaveLength(1)
  await pair.standby().kill()
  await harness.revoke(client.id)
  await expect.poll(async () => (await call('/whoami')).code, patience).toBe('certificate_revoked')

  // It does not know of the revocation, and has come as far with changes of its own.
  await pair.standby().startAlone()
  for (let count = 0; count < 50; count += 1) await record(replica, `other ${count}`)
  const knows = await replica.queries
    .selectFrom('certificates')
    .select('revoked_at')
    .where('id', '=', client.id)
    .executeTakeFirstOrThrow()
  expect(knows.revoked_at).toBeNull()
  await record(primary, 'after')
  await expect.poll(problems, patience).toHaveLength(1)
  expect((await call('/whoami')).code).toBe('certificate_revoked')

  await using second = await open(harness.folder)
  const again = createGatewayClient(
    { gateways: { production: second.url() }, serverCaFile: second.caFile },
    { cert: tls.cert, key: tls.key },
  )
  expect((await again.get('/whoami')).code).toBe('certificate_revoked')
  again.close()
})
