import { type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/**
 * Invitations to an organization, of which one is open for each address; and emails whose text is a secret until they are
 * sent.
 */
export async function up(database: Kysely<Schema>): Promise<void> {
  const whole = 'bigint'
  await database.schema
    .createTable('invitations')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('organization_id', 'text', (c) => c.notNull().references('organizations.id'))
    .addColumn('email', 'text', (c) => c.notNull())
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('token_sha256', 'text', (c) => c.notNull().unique())
    .addColumn('invited_by', 'text', (c) => c.notNull())
    .addColumn('invited_as', 'text', (c) => c.notNull())
    .addColumn('inviter_email', 'text', (c) => c.notNull())
    .addColumn('created_at', whole, (c) => c.notNull())
    .addColumn('expires_at', whole, (c) => c.notNull())
    .addColumn('ended_at', whole)
    .addColumn('ended_as', 'text')
    .execute()
  await sql`create unique index invitations_open on invitations (organization_id, email)
    where ended_at is null`.execute(database)
  await sql`create index invitations_list on invitations (organization_id, id)`.execute(database)
  await sql`create index invitations_age on invitations (expires_at)`.execute(database)
  await database.schema
    .alterTable('outbox')
    .addColumn('is_secret', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
}
