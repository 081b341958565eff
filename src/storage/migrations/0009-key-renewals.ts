import { type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'

/**
 * A key may have several certificates, one after the other, each a renewal of the previous one: they are
 * numbered, so that one of two concurrent renewals is rejected.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  if (isPostgres(database))
    await database.schema.alterTable('certificates').dropConstraint('certificates_key').execute()
  else await dropSqliteConstraint(database)
  await database.schema
    .alterTable('certificates')
    .addColumn('key_renewal', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
  await database.schema
    .createIndex('certificates_key')
    .on('certificates')
    .columns(['spki_sha256', 'key_renewal'])
    .unique()
    .execute()
}

const constraint = /,\s*constraint "certificates_key" unique \("spki_sha256"\)/i

/**
 * SQLite cannot drop a constraint, so the table is rebuilt (https://www.sqlite.org/lang_altertable.html,
 * section 7).
 */
async function dropSqliteConstraint(database: Kysely<unknown>): Promise<void> {
  const read = (type: string) =>
    sql<{
      sql: string
    }>`select sql from sqlite_master where tbl_name = 'certificates' and type = ${type} and sql is not null`.execute(
      database,
    )
  const [table] = (await read('table')).rows
  const indexes = (await read('index')).rows
  const anew = table?.sql.replace(constraint, '').replace(/"certificates"/i, '"certificates_anew"') ?? ''
  await sql.raw(anew).execute(database)
  await sql`insert into certificates_anew select * from certificates`.execute(database)
  await sql`drop table certificates`.execute(database)
  await sql`alter table certificates_anew rename to certificates`.execute(database)
  for (const index of indexes) await sql.raw(index.sql).execute(database)
}
