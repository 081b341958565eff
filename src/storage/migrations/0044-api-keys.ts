import type { ColumnDefinitionBuilder, Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** API keys of users and organizations, and the hashes of their secrets. */
export async function up(database: Kysely<Schema>): Promise<void> {
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  await database.schema
    .createTable('api_keys')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('user_id', 'text', (column) => column.references('users.id').onDelete('cascade'))
    .addColumn('organization_id', 'text', (column) =>
      column.references('organizations.id').onDelete('cascade'),
    )
    .addColumn('name', 'text', required)
    .addColumn('role', 'text', required)
    .addColumn('scopes', 'text', required)
    .addColumn('networks', 'text', required)
    .addColumn('expires_at', 'bigint', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('created_by', 'text', required)
    .addColumn('created_by_ref', 'text', required)
    .addColumn('last_used_at', 'bigint')
    .execute()
  await database.schema
    .createTable('api_key_secrets')
    .addColumn('sha256', 'text', (column) => column.primaryKey().notNull())
    .addColumn('api_key_id', 'text', (column) =>
      column.notNull().references('api_keys.id').onDelete('cascade'),
    )
    .addColumn('prefix', 'text', required)
    .addColumn('created_at', 'bigint', required)
    .addColumn('expires_at', 'bigint', required)
    .execute()
  const index = (name: string, table: string, columns: string[]) =>
    database.schema.createIndex(name).on(table).columns(columns).execute()
  await index('api_keys_user', 'api_keys', ['user_id', 'created_at'])
  await index('api_keys_organization', 'api_keys', ['organization_id', 'created_at'])
  await index('api_keys_end', 'api_keys', ['expires_at'])
  await index('api_key_secrets_key', 'api_key_secrets', ['api_key_id'])
  await index('api_key_secrets_end', 'api_key_secrets', ['expires_at'])
}
