import { type Kysely, sql } from 'kysely'

/** What the lists of an organization and of the audit log are read by, in their order. */
const indexes = [
  'certificates_created on certificates (organization_id, created_at, id)',
  'certificates_of_status on certificates (organization_id, status, created_at, id, not_after)',
  'certificates_expiry on certificates (organization_id, coalesce(not_after, 9007199254740991), id)',
  'credentials_created on credentials (organization_id, created_at, id) where deleted_at is null',
  'credentials_name on credentials (organization_id, name, created_at, id) where deleted_at is null',
  'registrations_created on registrations (organization_id, created_at, id)',
  'activity_time on activity (organization_id, at, sequence)',
  'activity_place on activity (organization_id, environment, at, sequence)',
  "activity_denied on activity (organization_id, at, sequence) where outcome = 'refused'",
  'audit_time on audit (at, sequence)',
  'audit_organization on audit (organization_id, at, sequence)',
  'audit_action on audit (action, at, sequence)',
  'audit_actor on audit (actor_id, at, sequence)',
  'audit_actor_name on audit (actor_name, at, sequence)',
  'audit_about on audit (subject_id, at, sequence)',
]

/** Indexes of which the ones above are the better ones. */
const replaced = ['activity_organization', 'audit_subject']

/** Lets every filter of a list use an index, in the order of the list. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const index of indexes) await sql`create index ${sql.raw(index)}`.execute(db)
  for (const name of replaced) await db.schema.dropIndex(name).execute()
}
