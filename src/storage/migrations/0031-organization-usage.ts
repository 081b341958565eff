import { type Kysely, sql } from 'kysely'

const counts = ['handshakes', 'ok', 'redirects', 'client_errors', 'server_errors', 'refusals']

/** What the events of an organization are filtered by, and what its certificates need action for. */
const indexes = [
  'activity_status on activity (organization_id, status, at, sequence)',
  'activity_trace on activity (trace_id, at, sequence)',
  "activity_denied_cause on activity (organization_id, code, at, sequence) where outcome = 'refused'",
  `certificates_unreplaced on certificates (organization_id, environment, not_after, id)
    where status = 'issued' and replaced_at is null`,
  `certificates_unaccepted on certificates (organization_id, environment, created_at, id)
    where replaces_id is not null and first_used_at is null`,
  `certificates_lost_replacement on certificates (organization_id, environment, revoked_at, id)
    where status = 'revoked' and replaces_id is not null and replaced_at is null`,
]

/**
 * Usage of an organization by minute, hour and day, also of calls without a certificate, and when the
 * replacement of a certificate was first accepted.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  const whole = 'bigint'
  let usage = database.schema
    .createTable('organization_usage')
    .addColumn('organization_id', 'text', (c) => c.notNull())
    .addColumn('environment', 'text', (c) => c.notNull())
    .addColumn('grain', 'text', (c) => c.notNull())
    .addColumn('start', whole, (c) => c.notNull())
  for (const count of [...counts, 'unproven'])
    usage = usage.addColumn(count, whole, (c) => c.notNull().defaultTo(sql`0`))
  await usage
    .addPrimaryKeyConstraint('organization_usage_key', ['organization_id', 'environment', 'grain', 'start'])
    .execute()
  await database.schema
    .createIndex('organization_usage_age')
    .on('organization_usage')
    .columns(['grain', 'start'])
    .execute()
  await copyUsage(database)
  await database.schema.alterTable('certificates').addColumn('replaced_at', whole).execute()
  await sql`update certificates set replaced_at =
    (select min(first_used_at) from certificates as next
      where next.replaces_id = certificates.id and next.status <> 'revoked')
    where exists (select 1 from certificates as next
      where next.replaces_id = certificates.id and next.first_used_at is not null)`.execute(database)
  for (const index of indexes) await sql`create index ${sql.raw(index)}`.execute(database)
}

/** The sums of certificates; by hour, denied requests are those of all clients, as they were counted. */
async function copyUsage(database: Kysely<unknown>): Promise<void> {
  const columns = sql.raw(counts.join(', '))
  const sums = sql.raw(counts.map((count) => `sum(${count})`).join(', '))
  await sql`insert into organization_usage (organization_id, environment, grain, start, ${columns})
    select organization_id, environment, grain, start, ${sums}
      from "usage" join certificates on certificates.id = certificate_id
      group by organization_id, environment, grain, start`.execute(database)
  await sql`insert into organization_usage (organization_id, environment, grain, start, refusals, unproven)
    select organization_id, environment, 'hour', hour, sum(count), sum(unproven)
      from refusal_hours where organization_id <> ''
      group by organization_id, environment, hour
    on conflict (organization_id, environment, grain, start)
      do update set refusals = excluded.refusals, unproven = excluded.unproven`.execute(database)
}
