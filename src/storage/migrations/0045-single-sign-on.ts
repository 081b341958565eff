import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'
import type { Schema } from '../schema.ts'

/**
 * The OpenID provider and the domains of each organization. An account of a provider belongs to one user, and a proven
 * domain to one organization.
 */
export async function up(database: Kysely<Schema>): Promise<void> {
  const bytes = isPostgres(database) ? sql`bytea` : sql`blob`
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  const ofOrganization = (column: ColumnDefinitionBuilder) =>
    column.notNull().references('organizations.id').onDelete('cascade')
  await database.schema
    .createTable('single_sign_on')
    .addColumn('organization_id', 'text', (column) => ofOrganization(column).primaryKey())
    .addColumn('issuer', 'text', required)
    .addColumn('client_id', 'text', required)
    .addColumn('sealed_secret', bytes, required)
    .addColumn('role_claim', 'text')
    .addColumn('roles', 'text', required)
    .addColumn('default_role', 'text')
    .addColumn('is_required', 'integer', required)
    .addColumn('password_admins', 'text', required)
    .addColumn('second_factor_values', 'text', required)
    .addColumn('updated_at', 'bigint', required)
    .execute()
  await database.schema
    .createTable('single_sign_on_domains')
    .addColumn('organization_id', 'text', ofOrganization)
    .addColumn('domain', 'text', required)
    .addColumn('challenge', 'text', required)
    .addColumn('proven_at', 'bigint')
    .addPrimaryKeyConstraint('single_sign_on_domains_key', ['organization_id', 'domain'])
    .execute()
  await database.schema.alterTable('sessions').addColumn('second_factor_for', 'text').execute()
  await sql`create unique index single_sign_on_domains_proven on single_sign_on_domains (domain)
    where proven_at is not null`.execute(database)
  await sql`create unique index accounts_of_provider on accounts (provider_id, account_id)`.execute(database)
}
