import type { Kysely } from 'kysely'

/** From when on the certificates of an issuer are refused; null means never. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await database.schema.alterTable('issuers').addColumn('retires_at', 'bigint').execute()
}
