import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'
import type { Schema } from '../schema.ts'

/** A kind of change that a restore must not take back. */
interface Watched {
  table: string
  on: 'insert' | 'update' | 'delete'
  /** The columns whose change counts, for an update. */
  of?: string
  /** Which rows count; all where not given. `row` stands for the new row. */
  when?: string
}

/** The columns that name a row; they are joined with blanks. */
const keys: Readonly<Record<string, readonly string[]>> = {
  issuer_keys: ['issuer_id'],
  revocation_lists: ['issuer_id', 'partition'],
  enforcement_plans: ['organization_id', 'environment'],
  api_key_secrets: ['sha256'],
  erasures: ['user_id'],
  totp_secrets: ['user_id'],
  recovery_codes: ['code_sha256'],
  single_sign_on: ['organization_id'],
  single_sign_on_domains: ['organization_id', 'domain'],
}

const isCertified = '(row.serial_number is not null or row.fingerprint_sha256 is not null)'

const watched: readonly Watched[] = [
  { table: 'organizations', on: 'insert' },
  {
    table: 'organizations',
    on: 'update',
    of: 'status, status_reason, status_changed_at, limits, legal_name, country, state, requires_second_factor',
  },
  { table: 'issuers', on: 'insert' },
  { table: 'issuers', on: 'update', of: 'retires_at, crl_number' },
  { table: 'issuers', on: 'delete' },
  { table: 'issuer_keys', on: 'insert' },
  { table: 'issuer_keys', on: 'update', of: 'location, sealed_key' },
  { table: 'revocation_lists', on: 'insert' },
  { table: 'certificates', on: 'insert', when: isCertified },
  {
    table: 'certificates',
    on: 'update',
    of: 'status, serial_number, certificate_der, revoked_at, revocation_reason',
    when: isCertified,
  },
  {
    table: 'credentials',
    on: 'update',
    of: 'deleted_at, scopes, networks, certificate_ids, jwks, tls_client_auth_kind, tls_client_auth_value',
  },
  { table: 'credential_secrets', on: 'update', of: 'expires_at' },
  { table: 'credential_secrets', on: 'delete' },
  { table: 'signing_keys', on: 'update', of: 'accepted_until' },
  { table: 'signing_keys', on: 'delete' },
  { table: 'users', on: 'update', of: 'operator_role, deactivated_at, email' },
  { table: 'accounts', on: 'update', of: 'password' },
  { table: 'api_keys', on: 'delete' },
  { table: 'api_key_secrets', on: 'update', of: 'expires_at' },
  { table: 'api_key_secrets', on: 'delete' },
  { table: 'passkeys', on: 'delete' },
  { table: 'totp_secrets', on: 'delete' },
  { table: 'recovery_codes', on: 'delete' },
  { table: 'single_sign_on', on: 'update' },
  { table: 'single_sign_on', on: 'delete' },
  { table: 'single_sign_on_domains', on: 'delete' },
  { table: 'erasures', on: 'insert' },
  { table: 'members', on: 'update', of: 'role' },
  { table: 'members', on: 'delete' },
  { table: 'enforcement_plans', on: 'insert' },
  { table: 'enforcement_plans', on: 'update', of: 'mode, enforce_at' },
  { table: 'enforcement_plans', on: 'delete' },
]

/**
 * The backups that were made, the restores, and the journal of changes that a restore must not take back: triggers name
 * each changed row in the transaction of the change, whoever makes it.
 */
export async function up(database: Kysely<Schema>): Promise<void> {
  await createTables(database)
  const kind = isPostgres(database) ? 'postgres' : 'sqlite'
  const sequence = {
    postgres: 'bigint generated always as identity primary key',
    sqlite: 'integer primary key autoincrement',
  }
  await sql
    .raw(
      `create table journal (sequence ${sequence[kind]}, table_name text not null, row_key text not null, at bigint not null)`,
    )
    .execute(database)
  for (const one of watched)
    for (const statement of kind === 'postgres' ? postgresTrigger(one) : sqliteTrigger(one))
      await sql.raw(statement).execute(database)
}

async function createTables({ schema }: Kysely<Schema>): Promise<void> {
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  await schema
    .createTable('backups')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('kind', 'text', required)
    .addColumn('taken_at', 'bigint', required)
    .addColumn('finished_at', 'bigint', required)
    .addColumn('file_sha256', 'text', required)
    .addColumn('octets', 'bigint', required)
    .execute()
  await schema
    .createTable('restores')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('state', 'text', required)
    .addColumn('taken_at', 'bigint', required)
    .addColumn('began_at', 'bigint', required)
    .addColumn('released_at', 'bigint')
    .addColumn('journal_sequence', 'bigint', required)
    .addColumn('outcome', 'text', required)
    .execute()
}

const keyOf = (table: string, row: 'new' | 'old') =>
  (keys[table] ?? ['id']).map((column) => `${row}.${column}`).join(` || ' ' || `)

const eventOf = ({ on, of }: Watched) => (of === undefined ? on : `update of ${of}`)

function sqliteTrigger(one: Watched): string[] {
  const { table, on, when } = one
  const condition = when === undefined ? '' : `when ${when.replaceAll('row.', 'new.')}`
  const key = keyOf(table, on === 'delete' ? 'old' : 'new')
  return [
    `create trigger ${table}_journal_${on} after ${eventOf(one)} on ${table} ${condition} begin
      insert into journal (table_name, row_key, at)
        values ('${table}', ${key}, cast(unixepoch('subsec') * 1000 as integer));
    end`,
  ]
}

function postgresTrigger(one: Watched): string[] {
  const { table, on, when } = one
  const condition = when === undefined ? '' : `when (${when.replaceAll('row.', 'new.')})`
  const name = `${table}_journal_${on}`
  return [
    `create or replace function ${name}() returns trigger language plpgsql as $$ begin
      insert into journal (table_name, row_key, at) values ('${table}', ${keyOf(table, on === 'delete' ? 'old' : 'new')},
        (extract(epoch from clock_timestamp()) * 1000)::bigint);
      return null;
    end $$`,
    `create trigger ${name} after ${eventOf(one)} on ${table} for each row ${condition} execute function ${name}()`,
  ]
}
