import type { Kysely } from 'kysely'

/** The time from which the certificates of an issuer are denied; null means never. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await database.schema.alterTable('issuers').addColumn('retires_at', 'bigint').execute()
}
