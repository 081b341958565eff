import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import type { Database } from '../../src/storage/database.ts'
import { isPostgres } from '../../src/storage/engine.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { preparePostern } from '../support/postern.ts'
import { createPostgresDatabase } from '../support/postgres.ts'
import { clearPlace } from '../support/processes.ts'
import { withStore } from '../support/users.ts'

const params = { organization: 'acme', environment: 'production' }
const body = { name: 'settlement' }

/** Lets the store take minutes to keep an answer, so that a kill comes after the change and before its answer. */
async function delayAnswers({ queries }: Database): Promise<void> {
  const statements = isPostgres(queries)
    ? [
        'create function wait_long() returns trigger as $$ begin perform pg_sleep(300); return new; end $$ language plpgsql',
        'create trigger late_answer before update of answer on idempotency_keys for each row execute function wait_long()',
      ]
    : [
        'create view wait_long as with recursive c (n) as (select 1 union all select n + 1 from c where n < 3000000000) select count(*) as n from c',
        'create trigger late_answer before update of answer on idempotency_keys begin select n from wait_long; end',
      ]
  for (const statement of statements) await sql.raw(statement).execute(queries)
}

/** Ends the statement of the process that was killed, which PostgreSQL would run to its end, and the delay. */
async function allowAnswers({ queries }: Database): Promise<void> {
  if (isPostgres(queries))
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`.execute(
      queries,
    )
  await sql
    .raw(`drop trigger late_answer${isPostgres(queries) ? ' on idempotency_keys' : ''}`)
    .execute(queries)
}

const readKeys = ({ queries }: Database) =>
  queries.selectFrom('idempotency_keys').select(['subject_id', 'answer']).execute()

/** Lets time pass for PostgreSQL, where another portal could still run the request until its claim is old. */
const passClaims = ({ queries }: Database) =>
  queries
    .updateTable('idempotency_keys')
    .set((e) => ({ claimed_at: e('claimed_at', '-', 30_000) }))
    .execute()

const send = (client: ApiClient, key: string) =>
  client.send(operations.createCredential, { params, body, headers: { 'idempotency-key': `"${key}"` } })

describe.each(['sqlite', 'postgres'])('a portal that is killed after a change, on %s,', (engine) => {
  test('gives the same request its answer once it runs again, and has made the change once', {
    timeout: 240_000,
  }, async () => {
    const url = engine === 'postgres' ? await createPostgresDatabase(inject('postgresUrl')) : undefined
    const place = await preparePostern({
      only: 'portal',
      ...(url && { config: { storage: { engine } }, environment: { POSTERN_DATABASE_URL: url } }),
    })
    onTestFinished(() => clearPlace(place))
    const postern = await place.start()
    const admin = await signInFirst(postern, 'admin@acme.example')
    const key = randomUUID()
    const [pid = 0] = postern.findProcesses('portal-process')

    await withStore(postern, async (database) => {
      await delayAnswers(database)
      const cut = send(admin, key).then(
        ({ status }) => status,
        () => 'no answer',
      )
      await expect
        .poll(() => readKeys(database), { timeout: 60_000, interval: 20 })
        .toEqual([{ subject_id: expect.stringMatching(/^cred_/), answer: null }])
      process.kill(pid, 'SIGKILL')
      expect(await cut).toBe('no answer')
      await allowAnswers(database)
      await passClaims(database)
    })

    const isUp = () =>
      fetch(`${postern.portalUrl}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      )
    await expect.poll(isUp, { timeout: 90_000 }).toBe(true)
    expect(postern.findProcesses('portal-process')).not.toContain(pid)
    const first = await send(admin, key)
    expect([first.status, first.headers.get('location')]).toEqual([
      201,
      `/api/v1/organizations/acme/credentials/${first.body.id}`,
    ])
    expect(first.body.clientSecret).toMatch(/^\S{20,}$/)
    const second = await send(admin, key)
    expect([second.status, second.headers.get('idempotent-replayed')]).toEqual([201, 'true'])
    expect(second.body).toEqual(first.body)
    const { items } = await admin.call(operations.listCredentials, { params, query: {} })
    expect(items.map(({ id }) => id)).toEqual([first.body.id])
    await postern.stop()
  })
})
