import { CompiledQuery, type DatabaseConnection, Kysely, PostgresDialect, PostgresDriver } from 'kysely'
import pg from 'pg'
import { PosternError } from '../errors.ts'
import type { StoreGuard } from './guard-store.ts'
import { createClientClass, type SessionUse } from './kept-plans.ts'
import type { Schema } from './schema.ts'
import type { StorageWaits } from './storage-limits.ts'
import { type ConnectionWatch, createConnectionWatch } from './watch-connections.ts'

/** Maximum number of connections for queries that read many rows. */
const threadConnections = 5
/** Migrations, and the creation of keys in a token: one at a time, and one that waits for it. */
const patientConnections = 2
/** A statement that changes a table may take long; the time between two statements is short. */
const patientIdleMs = 60_000

const keepAliveMs = 5000
/**
 * How the server detects that the client end of a connection is gone, milliseconds unless noted. They are
 * session settings; behind pgbouncer they apply between it and PostgreSQL, where they do no harm.
 */
const sessionSettings = {
  tcp_keepalives_idle: '5s',
  tcp_keepalives_interval: '2s',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '5s',
  client_connection_check_interval: '5s',
}

// Times in milliseconds and counters stay far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

/** PostgreSQL with its pools, which connect on demand. */
export interface Postgres {
  queries: Kysely<Schema>
  /** For queries that read many rows: they have longer limits and separate connections. */
  aside: Kysely<Schema>
  /** For work without a time limit. */
  patient: Kysely<Schema>
  sessions: SessionUse
  /** Closes all connections; one that does not answer is destroyed. */
  close(): Promise<void>
}

/** Opens PostgreSQL. Throws `config_invalid` if `url` is not a PostgreSQL URL. */
export function openPostgres(
  { url, variable = 'POSTERN_DATABASE_URL' }: { url: string; variable?: string },
  poolSize: number,
  waits: StorageWaits,
  guard: StoreGuard,
): Postgres {
  assertPostgresUrl(url, variable)
  const watch = createConnectionWatch()
  const sessions: SessionUse = { isExclusive: false }
  const { lock, idle, silent, silentAside } = waits
  // In each transaction, and not for the session: pgbouncer gives a connection to another client after each
  // transaction.
  const begin = `begin; set local lock_timeout = ${lock}; set local idle_in_transaction_session_timeout = ${idle}`
  const patiently = `begin; set local idle_in_transaction_session_timeout = ${patientIdleMs}`
  const connectMs = waits.connect
  const queries = openPool(
    createPool(url, poolSize, { watch, silentMs: silent, connectMs, sessions }),
    begin,
    guard,
  )
  const aside = openPool(
    createPool(url, threadConnections, { watch, silentMs: silentAside, connectMs, sessions }),
    begin,
    guard,
  )
  const alone = { watch: createConnectionWatch(), silentMs: null, connectMs, sessions }
  const patient = openPool(createPool(url, patientConnections, alone), patiently, guard)
  return {
    queries,
    aside,
    patient,
    sessions,
    async close() {
      await Promise.all([queries.destroy(), aside.destroy(), patient.destroy()])
    },
  }
}

/** Throws `config_invalid`; its message contains nothing of the URL, which may include a password. */
function assertPostgresUrl(connectionString: string, variable: string): void {
  try {
    if (!/^(?:postgres(?:ql)?:\/\/|socket:|\/)/i.test(connectionString)) throw new Error('another scheme')
    // This reads the URL, and the files that it names, without connecting.
    new pg.Client({ connectionString })
  } catch (cause) {
    throw new PosternError(
      'config_invalid',
      `${variable} is not a URL of PostgreSQL, as postgres://user:password@host/database is, or names a file that cannot be read. Percent-encode marks in the password.`,
      { detail: (cause as NodeJS.ErrnoException).code },
    )
  }
}

interface PoolWatch {
  watch: ConnectionWatch
  silentMs: number | null
  connectMs: number
  sessions: SessionUse
}

function createPool(
  connectionString: string,
  max: number,
  { watch, silentMs, connectMs, sessions }: PoolWatch,
): pg.Pool {
  const pool = new pg.Pool({
    Client: createClientClass(sessions),
    connectionString,
    max,
    ...keptAlive,
    connectionTimeoutMillis: connectMs,
    // The pool waits for this before it hands out the connection.
    onConnect: async (client) => {
      // A connection that breaks during use emits this, and its query fails separately.
      client.on('error', () => {})
      watch.add(client, silentMs)
      await applySessionSettings(client)
    },
  })
  // An idle connection that breaks is replaced at the next query; without a listener it would end the
  // process.
  pool.on('error', () => {})
  return pool
}

/** Makes the system detect that the other end of an idle connection is gone. */
export const keptAlive = { keepAlive: true, keepAliveInitialDelayMillis: keepAliveMs }

/** Makes the server detect that this end is gone, as far as its release and its system support it. */
async function applySessionSettings(client: pg.ClientBase): Promise<void> {
  const wanted = Object.entries(sessionSettings)
  try {
    await client.query(
      'select set_config(name, wanted.value, false) from pg_settings join unnest($1::text[], $2::text[]) as wanted (name, value) using (name)',
      [wanted.map(([name]) => name), wanted.map(([, value]) => value)],
    )
  } catch (error) {
    // Settings that the server rejects are optional; a lost connection is an error.
    if (!(error instanceof pg.DatabaseError)) throw error
  }
}

function openPool(pool: pg.Pool, beginning: string, guard: StoreGuard): Kysely<Schema> {
  class Driver extends PostgresDriver {
    override async beginTransaction(connection: DatabaseConnection): Promise<void> {
      await connection.executeQuery(CompiledQuery.raw(beginning))
    }
  }
  class Dialect extends PostgresDialect {
    override createDriver() {
      return new Driver({ pool })
    }
  }
  return new Kysely<Schema>({ dialect: guard.dialect(new Dialect({ pool })) })
}
