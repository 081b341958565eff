import { type Kysely, sql } from 'kysely'
import { isPostgres } from '../engine.ts'

/**
 * Seals of the records that are stored before a key signs them, and the certificate of the key that signs the
 * audit log.
 *
 * Unfinished records of an older release have no seal. An unsigned plan or approval is removed: an operator
 * decides about each of these requests, whatever issuance mode its environment has.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  const bytes = isPostgres(database) ? sql`bytea` : sql`blob`
  for (const column of ['request_seal', 'plan_seal', 'decision_seal'])
    await database.schema.alterTable('certificates').addColumn(column, bytes).execute()
  await database.schema.alterTable('ocsp_responders').addColumn('plan_seal', bytes).execute()
  await database.schema.alterTable('audit_keys').addColumn('certificate_der', bytes).execute()
  await sql`delete from jobs where kind = 'issue-certificate'`.execute(database)
  await sql`update certificates set decided_at = null, decided_by = null, approved = null, decision_reason = null
    where status = 'pending'`.execute(database)
  await sql`update certificates set issuer_id = null, serial_number = null, crl_partition = null, tbs_der = null
    where status = 'pending' and csr_der is not null`.execute(database)
  await sql`delete from ocsp_responders where certificate_der is null`.execute(database)
}
