import { type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'
import type { Schema } from '../schema.ts'

/**
 * Several CRLs per issuer, each stored in chunks. Existing CRLs stay published until they are renewed, which
 * is due immediately; existing certificates still name the full CRL.
 */
export async function up(db: Kysely<Schema>): Promise<void> {
  const bytes = isPostgres(db) ? sql`bytea` : sql`blob`
  await db.schema.alterTable('certificates').addColumn('crl_partition', 'integer').execute()
  // A covering index: a CRL with a million entries is read from this index only.
  await sql`create index certificates_revoked on certificates
    (issuer_id, crl_partition, revoked_at, serial_number, revocation_reason, not_after)
    where status = 'revoked'`.execute(db)

  await sql`alter table revocation_lists rename to whole_revocation_lists`.execute(db)
  await db.schema
    .createTable('revocation_lists')
    .addColumn('issuer_id', 'text', (c) => c.notNull().references('issuers.id'))
    .addColumn('partition', 'integer', (c) => c.notNull())
    .addColumn('address', 'text')
    .addColumn('places', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('number', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('this_update', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('next_update', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('entries', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('size', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('due_at', 'bigint', (c) => c.notNull().defaultTo(0))
    .addPrimaryKeyConstraint('revocation_lists_key', ['issuer_id', 'partition'])
    .execute()
  await db.schema
    .createTable('revocation_list_chunks')
    .addColumn('issuer_id', 'text', (c) => c.notNull().references('issuers.id'))
    .addColumn('partition', 'integer', (c) => c.notNull())
    .addColumn('number', 'bigint', (c) => c.notNull())
    .addColumn('position', 'integer', (c) => c.notNull())
    .addColumn('bytes', bytes, (c) => c.notNull())
    .addPrimaryKeyConstraint('revocation_list_chunks_key', ['issuer_id', 'partition', 'number', 'position'])
    .execute()
  await sql`insert into revocation_lists (issuer_id, partition, number, this_update, next_update, size)
    select issuer_id, 0, number, this_update, next_update, length(der) from whole_revocation_lists`.execute(
    db,
  )
  await sql`insert into revocation_list_chunks (issuer_id, partition, number, position, bytes)
    select issuer_id, 0, number, 0, der from whole_revocation_lists`.execute(db)
  await db.schema.dropTable('whole_revocation_lists').execute()
}
