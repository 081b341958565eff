import type { Kysely } from 'kysely'

/**
 * Indexes for queries of each creation and view of a certificate: the number of open certificates of an
 * organization, and the replacement of a certificate. Without them both read every certificate of the
 * organization, DER included.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  const { schema } = database
  await schema
    .createIndex('certificates_open')
    .on('certificates')
    .columns(['organization_id', 'environment', 'status', 'not_after'])
    .execute()
  await schema.dropIndex('certificates_replaces').execute()
  await schema
    .createIndex('certificates_successor')
    .on('certificates')
    .columns(['organization_id', 'replaces_id', 'created_at', 'id'])
    .execute()
}
