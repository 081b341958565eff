import { type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'

/** Passkeys, authenticator apps and recovery codes of users, and what they have already answered. */
export async function up(database: Kysely<unknown>): Promise<void> {
  const { schema } = database
  const octets = isPostgres(database) ? sql`bytea` : sql`blob`
  const whole = 'bigint'
  await schema
    .createTable('passkeys')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id'))
    .addColumn('credential_id', 'text', (c) => c.notNull().unique())
    .addColumn('public_key', octets, (c) => c.notNull())
    .addColumn('counter', whole, (c) => c.notNull())
    .addColumn('transports', 'text', (c) => c.notNull())
    .addColumn('is_synced', 'integer', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('created_at', whole, (c) => c.notNull())
    .addColumn('last_used_at', whole)
    .execute()
  await schema.createIndex('passkeys_user').on('passkeys').column('user_id').execute()
  await schema
    .createTable('totp_secrets')
    .addColumn('user_id', 'text', (c) => c.primaryKey().references('users.id'))
    .addColumn('sealed_secret', octets, (c) => c.notNull())
    .addColumn('confirmed_at', whole)
    .addColumn('last_step', whole, (c) => c.notNull().defaultTo(sql`0`))
    .addColumn('failures', 'integer', (c) => c.notNull().defaultTo(sql`0`))
    .addColumn('locked_until', whole, (c) => c.notNull().defaultTo(sql`0`))
    .addColumn('created_at', whole, (c) => c.notNull())
    .execute()
  await schema
    .createTable('recovery_codes')
    .addColumn('code_sha256', 'text', (c) => c.primaryKey())
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.id'))
    .addColumn('created_at', whole, (c) => c.notNull())
    .execute()
  await schema.createIndex('recovery_codes_user').on('recovery_codes').column('user_id').execute()
  await schema
    .createTable('spent_tickets')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('expires_at', whole, (c) => c.notNull())
    .execute()
  await schema.createIndex('spent_tickets_age').on('spent_tickets').column('expires_at').execute()
  await schema.alterTable('sessions').addColumn('second_factor', 'text').execute()
  await schema
    .alterTable('organizations')
    .addColumn('requires_second_factor', 'integer', (c) => c.notNull().defaultTo(sql`0`))
    .execute()
}
