import { type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'

/** Externally issued certificates: their CAs, and their proofs of possession. */
export async function up(database: Kysely<unknown>): Promise<void> {
  const bytes = isPostgres(database) ? sql`bytea` : sql`blob`
  const certificates = () => database.schema.alterTable('certificates')
  await certificates()
    .addColumn('source', 'text', (c) => c.notNull().defaultTo('postern'))
    .execute()
  await certificates().addColumn('foreign_chain', 'text').execute()
  await certificates().addColumn('proof', 'text').execute()
  await database.schema
    .createTable('registrations')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('organization_id', 'text', (c) => c.notNull().references('organizations.id'))
    .addColumn('environment', 'text', (c) => c.notNull())
    .addColumn('details', 'text', (c) => c.notNull())
    .addColumn('certificate_der', bytes, (c) => c.notNull())
    .addColumn('fingerprint_sha256', 'text', (c) => c.notNull())
    .addColumn('foreign_chain', 'text', (c) => c.notNull())
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('not_after', 'bigint', (c) => c.notNull())
    .addColumn('challenge', 'text', (c) => c.notNull())
    .addColumn('registered_by', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('handshake', 'text')
    .addColumn('problem', 'text')
    .addColumn('certificate_id', 'text', (c) => c.references('certificates.id'))
    .execute()
  await database.schema
    .createIndex('registrations_list')
    .on('registrations')
    .columns(['organization_id', 'environment', 'created_at'])
    .execute()
}
