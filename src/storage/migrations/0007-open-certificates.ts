import type { Kysely } from 'kysely'

/**
 * What is asked each time a certificate is begun or shown: how many of an organization are open, and what
 * succeeds one. Both had to look at every certificate of the organization, DER and all.
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
