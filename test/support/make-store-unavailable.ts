import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import pg from 'pg'
import { inject } from 'vitest'
import type { StorageLocation } from '../../src/storage/database.ts'

/**
 * Makes a store unavailable to every process, as an operator or a failing disk would: renames the SQLite
 * file, or lets the PostgreSQL database accept no connections. Returns a function that restores it.
 */
export async function takeStoreAway(location: StorageLocation): Promise<() => Promise<void>> {
  if (location.engine === 'sqlite') {
    renameSync(location.path, `${location.path}.away`)
    return async () => renameSync(`${location.path}.away`, location.path)
  }
  const name = new URL(location.url).pathname.slice(1)
  await runOnServer(
    `alter database ${name} with allow_connections false`,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
  )
  return () => runOnServer(`alter database ${name} with allow_connections true`)
}

/** Runs statements on the test server as its superuser. */
export const runOnServer = (...statements: string[]): Promise<void> =>
  runOn(inject('postgresUrl'), ...statements)

/** Runs statements in the database at `url`. */
export async function runOn(url: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Sets the authentication method of a role on the test server, as in pg_hba.conf. */
export async function allowRole(role: string, method: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  try {
    const { rows } = await client.query('show hba_file')
    const file = rows[0].hba_file
    writeFileSync(file, `host all ${role} 127.0.0.1/32 ${method}\n${readFileSync(file, 'utf8')}`)
    await client.query('select pg_reload_conf()')
  } finally {
    await client.end()
  }
}
