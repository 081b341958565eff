import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import type { Schema } from '../schema.ts'

const isOpen = 'resolved_at is null and dismissed_at is null'

const indexes = [
  'signals_list on signals (organization_id, environment, first_seen_at, id)',
  'signals_open on signals (id) where resolved_at is null',
  `signals_untold on signals (organization_id, first_seen_at) where told_at is null and ${isOpen}`,
  `signals_unannounced on signals (organization_id, id) where announced_at is null and ${isOpen}`,
  'signals_announced on signals (organization_id, announced_at)',
  'signals_certificate on signals (certificate_id, kind)',
  'signals_over on signals (resolved_at) where resolved_at is not null',
  'certificate_networks_new on certificate_networks (certificate_id, network) where is_new = 1',
  'certificate_networks_age on certificate_networks (last_at)',
  "certificates_revoked_at on certificates (revoked_at, id) where status = 'revoked'",
  'credential_secrets_age on credential_secrets (created_at, id) where expires_at is null',
]

/** What may be forgotten in organizations, the time that the gateways were watched, and the networks of certificates. */
export async function up(database: Kysely<Schema>): Promise<void> {
  const { schema } = database
  const required = (column: ColumnDefinitionBuilder) => column.notNull()
  const key = (column: ColumnDefinitionBuilder) => column.primaryKey().notNull()
  await createSignals(database)
  await schema
    .createTable('signal_cursors')
    .addColumn('name', 'text', key)
    .addColumn('position', 'text')
    .addColumn('began_at', 'bigint', required)
    .execute()
  await schema
    .createTable('watched_times')
    .addColumn('name', 'text', key)
    .addColumn('since', 'bigint', required)
    .addColumn('until', 'bigint', required)
    .execute()
  await schema
    .createTable('watch_gaps')
    .addColumn('day', 'bigint', key)
    .addColumn('milliseconds', 'bigint', required)
    .execute()
  await schema
    .createTable('address_monitoring')
    .addColumn('organization_id', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('environment', 'text', required)
    .addColumn('since', 'bigint', required)
    .addColumn('updated_by', 'text', required)
    .addColumn('updated_by_ref', 'text', required)
    .addPrimaryKeyConstraint('address_monitoring_pk', ['organization_id', 'environment'])
    .execute()
  await schema
    .createTable('certificate_networks')
    .addColumn('certificate_id', 'text', (column) => column.notNull().references('certificates.id'))
    .addColumn('network', 'text', required)
    .addColumn('first_at', 'bigint', required)
    .addColumn('last_at', 'bigint', required)
    .addColumn('is_new', 'integer', (column) => column.notNull().defaultTo(1))
    .addPrimaryKeyConstraint('certificate_networks_pk', ['certificate_id', 'network'])
    .execute()
  for (const index of indexes) await sql`create index ${sql.raw(index)}`.execute(database)
}

const createSignals = ({ schema }: Kysely<Schema>): Promise<void> =>
  schema
    .createTable('signals')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('organization_id', 'text', (column) => column.notNull().references('organizations.id'))
    .addColumn('environment', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('certificate_id', 'text', (column) => column.references('certificates.id'))
    .addColumn('credential_id', 'text', (column) => column.references('credentials.id'))
    .addColumn('detail', 'text', (column) => column.notNull())
    .addColumn('first_seen_at', 'bigint', (column) => column.notNull())
    .addColumn('last_seen_at', 'bigint', (column) => column.notNull())
    .addColumn('resolved_at', 'bigint')
    .addColumn('dismissed_at', 'bigint')
    .addColumn('dismissed_by', 'text')
    .addColumn('dismissed_by_ref', 'text')
    .addColumn('told_at', 'bigint')
    .addColumn('announced_at', 'bigint')
    .addUniqueConstraint('signals_subject', ['kind', 'subject'])
    .execute()
