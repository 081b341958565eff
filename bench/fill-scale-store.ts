import { sql } from 'kysely'
import type { Database } from '../src/storage/database.ts'
import { fillPortalStore } from './fill-portal-store.ts'

/** How much a store is filled with. */
export interface ScaleSize {
  certificates: number
  organizations: number
}

const day = 86_400_000
/** One organization has this share of the certificates, and the others have the same number each. */
const largest = 0.1

/**
 * Fills a migrated store; one in fifty certificates is a replacement of the one before it, and half of these were
 * accepted already. Texts are not indexed: nothing here searches them, and the index would take most of the time and
 * half of the disk.
 */
export async function fillScaleStore(database: Database, size: ScaleSize, now: number): Promise<void> {
  const organizations = Math.max(1, size.organizations - 2)
  const certificates = Math.ceil(size.certificates * largest)
  const each = Math.ceil((size.certificates - certificates) / organizations)
  const textIndex = {
    sqlite: 'trigger certificates_searched_insert',
    postgres: 'index certificate_search_grams',
  }
  await sql`drop ${sql.raw(textIndex[database.engine])}`.execute(database.patient)
  const skipsTriggers = database.engine === 'postgres'
  await fillPortalStore(
    database,
    { certificates, organizations, each, activity: 1000, audit: 1000, skipsTriggers },
    now,
  )
  await database.patient.transaction().execute(async (tx) => {
    if (skipsTriggers)
      await sql`insert into expiry_plans (id, kind, organization_id, not_after, began_at, due_at)
        select id, 'certificate', organization_id, not_after, issued_at, not_after - ${90 * day} from certificates
        where status = 'issued'`.execute(tx)
    await sql`update certificates set
        replaces_id = (select older.id from certificates as older
          where older.organization_id = certificates.organization_id and older.number = certificates.number - 1),
        first_used_at = case when number % 100 = 2 then coalesce(first_used_at, created_at) end
      where number % 50 = 2 and status = 'issued'`.execute(tx)
    await sql`update certificates set replaced_at = ${now}
      where number % 100 = 1 and status = 'issued' and exists (select 1 from certificates as newer
        where newer.organization_id = certificates.organization_id and newer.replaces_id = certificates.id
          and newer.first_used_at is not null)`.execute(tx)
  })
  if (database.engine === 'postgres') await sql`vacuum analyze`.execute(database.patient)
}
