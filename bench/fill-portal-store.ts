import { randomBytes } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import { chainHash, chainStart, hashBody } from '../src/audit/audit-chain.ts'
import { repairCounts } from '../src/certificates/keep-lists-store.ts'
import type { Database, Tx } from '../src/storage/database.ts'

/** How much a store is filled with. */
export interface StoreSize {
  /** Certificates of the organization `big`. */
  certificates: number
  /** Other organizations. */
  organizations: number
  /** Certificates of each of them; two where not given. */
  each?: number
  /** On PostgreSQL the caller adds what triggers would: the counts, plans of expiry and texts of each certificate. */
  skipsTriggers?: boolean
  /** Gateway events, half of them of `big`. */
  activity: number
  /** Rows of the audit log, half of them about `big`. */
  audit: number
}

/** The organizations that are read: one of the given size, and one of 50 certificates beside it. */
export const bigSlug = 'big'
export const smallSlug = 'small'
const smallCertificates = 50
const credentials = 1000

const second = 1000
const hour = 3600 * second
const day = 24 * hour
/** Certificates are valid for this long, and the oldest was created this many days ago. */
const [validDays, ageDays] = [400, 440]

/**
 * Fills a migrated store by a few statements that make their rows themselves: a certificate in ten is expired, one in
 * twenty revoked, one in five was used within a day, and one of a hundred of them in each of the last 24 hours.
 */
export async function fillPortalStore(database: Database, size: StoreSize, now: number): Promise<void> {
  await database.patient.transaction().execute(async (tx) => {
    const make = database.engine === 'sqlite' ? sqliteWords : postgresWords
    // PostgreSQL keeps each of the versions of a number that a transaction changes, and reads them all for the next.
    const triggers = (word: string) =>
      sql`alter table certificates ${sql.raw(word)} trigger certificates_counted`.execute(tx)
    if (database.engine === 'postgres') await triggers('disable')
    if (size.skipsTriggers) await sql`set local session_replication_role = replica`.execute(tx)
    await addOrganizations(tx, make, size.organizations, now)
    await addCertificates(tx, make, { id: 'org_big', slug: bigSlug, count: size.certificates }, now)
    await addCertificates(tx, make, { id: 'org_small', slug: smallSlug, count: smallCertificates }, now)
    await addOthers(tx, make, size, now)
    if (database.engine === 'postgres') await triggers('enable')
    await addCredentials(tx, make, now)
    await addUsage(tx, make, now)
    await addActivity(tx, make, size, now)
    await addAudit(tx, size, now)
  })
  await repairCounts(database)
  // Postern lets SQLite choose without statistics; PostgreSQL makes them itself, a while after such a change.
  if (database.engine === 'postgres') await sql`analyze`.execute(database.patient)
}

/** What rows take their octets from: to compute as many for each would take longer than to store them. */
const randomOctets = randomBytes(65_536).toString('hex')

/** The words in which the engines differ. */
const sqliteWords = {
  series: (count: number) =>
    sql.raw(
      `(with recursive s(i) as (select 0 union all select i + 1 from s where i < ${count - 1}) select i from s) as s`,
    ),
  hex: (octets: number) => sql.raw(`lower(hex(randomblob(${octets})))`),
  octets: (count: number) => sql.raw(`randomblob(${count})`),
  padded: (text: string, width: number) => sql.raw(`printf('%0${width}d', ${text})`),
  any: (values: readonly string[]) =>
    sql.raw(`json_extract('${JSON.stringify(values)}', '$[' || (s.i % ${values.length}) || ']')`),
}
const postgresWords = {
  series: (count: number) => sql.raw(`generate_series(0::bigint, ${count - 1}) as s(i)`),
  hex: (octets: number) =>
    sql.raw(
      `substr(${Array.from({ length: Math.ceil(octets / 16) }, (_, n) => `md5('${n}' || random())`).join(' || ')}, 1, ${octets * 2})`,
    ),
  octets: (count: number) =>
    sql.raw(`substring(decode('${randomOctets}', 'hex') from 1 + (random() * 60000)::integer for ${count})`),
  padded: (text: string, width: number) =>
    sql.raw(`lpad((${text})::text, greatest(${width}, length((${text})::text)), '0')`),
  any: (values: readonly string[]) =>
    sql.raw(`('${JSON.stringify(values)}'::jsonb ->> (s.i % ${values.length})::int)`),
}
type Words = typeof sqliteWords

async function addOrganizations(tx: Tx, make: Words, count: number, now: number): Promise<void> {
  for (const [id, slug, name] of [
    ['org_big', bigSlug, 'Łódź Płatności S.A.'],
    ['org_small', smallSlug, 'Small Ltd'],
  ])
    await tx
      .insertInto('organizations')
      .values({ id, slug, legal_name: name, country: 'PL', state: '', created_at: now } as never)
      .execute()
  await sql`insert into organizations (id, slug, legal_name, country, state, created_at)
    select 'org_' || ${make.padded('s.i', 6)}, 'customer-' || s.i, 'Customer ' || s.i || ' Ltd', 'GB', '', ${now}
    from ${make.series(count)}`.execute(tx)
}

interface Owner {
  id: string
  slug: string
  count: number
}

const addCertificates = (tx: Tx, make: Words, { id, slug, count }: Owner, now: number) => {
  const text = (value: string) => sql.raw(`'${value}'`)
  return insertCertificates(tx, make, now, {
    id: sql`${text(`cert_${slug}`)} || ${make.padded('s.i', 26 - slug.length)}`,
    organization: text(id),
    number: sql`s.i + 1`,
    name: sql`${text(`${slug}-`)} || ${make.padded('s.i + 1', 4)}`,
    place: sql`(s.i * 1.0 / ${sql.lit(count)})`,
    count,
  })
}

const addOthers = (tx: Tx, make: Words, { organizations, each = 2 }: StoreSize, now: number) => {
  const count = each * organizations
  return insertCertificates(tx, make, now, {
    id: sql`'cert_each' || ${make.padded('s.i', 22)}`,
    organization: sql`'org_' || ${make.padded(`s.i / ${each}`, 6)}`,
    number: sql`s.i % ${sql.lit(each)} + 1`,
    name: sql`'customer-' || (s.i / ${sql.lit(each)}) || '-' || ${make.padded(`s.i % ${each} + 1`, 4)}`,
    place: sql`(s.i * 1.0 / ${sql.lit(count)})`,
    count,
  })
}

interface MadeCertificate {
  id: RawBuilder<unknown>
  organization: RawBuilder<unknown>
  number: RawBuilder<unknown>
  name: RawBuilder<unknown>
  /** From 0, the oldest, to 1. */
  place: RawBuilder<unknown>
  count: number
}

async function insertCertificates(tx: Tx, make: Words, now: number, row: MadeCertificate): Promise<void> {
  const created = sql`cast(${sql.lit(now - ageDays * day)} + ${row.place} * ${sql.lit(ageDays * day)} as bigint)`
  const spread = sql.raw('(s.i * 7919 % 1000)')
  const description = sql`case when ${row.place} < 0.05 then 'legacy transfers' else ${make.any(['', 'payments', 'Zażółć gęślą jaźń', '100 % of cards_live', 'acquiring "EU"', '', 'refunds', ''])} end`
  await sql`insert into certificates (id, organization_id, environment, number, name, status, description, owner,
      related_service, rotation_policy, contacts, certified_subject, organization_name, country, state, key_kind,
      csr_der, spki_sha256, submitted_at, submitted_by, issuer_id, serial_number, tbs_der, certificate_der,
      fingerprint_sha256, not_before, not_after, issued_at, revoked_at, revocation_reason, created_at, created_by,
      first_used_at, last_used_at, search_text, source)
    select id, organization_id, environment, number, name, status, description, '', '', 'manual', '[]', '{}', 'Made Ltd',
      'GB', '', 'ec-p256', ${make.octets(416)}, ${make.hex(32)}, created, 'made', case when has_key then issuer end,
      case when has_key then serial end, case when has_key then ${make.octets(640)} end,
      case when has_key then ${make.octets(880)} end, case when has_key then fingerprint end,
      case when has_key then created end, case when has_key then created + ${sql.lit(validDays * day)} end,
      case when has_key then created end, case when status = 'revoked' then created + ${sql.lit(day)} end,
      case when status = 'revoked' then 'superseded' end, created, 'made', used, used,
      lower(name) || case when description = '' then '' else ${sql.raw(`'\n'`)} || lower(description) end
        || case when has_key then ${sql.raw(`'\n'`)} || serial || ${sql.raw(`'\n'`)} || fingerprint else '' end, 'postern'
    from (select s.i, ${row.id} as id, ${row.organization} as organization_id,
        case when s.i % 5 = 4 then 'staging' else 'production' end as environment, ${row.number} as number,
        ${row.name} as name, case when ${spread} < 5 then 'draft' when ${spread} < 7 then 'rejected'
          when ${spread} < 10 then 'cancelled' when ${spread} < 60 then 'revoked' else 'issued' end as status,
        ${spread} >= 10 as has_key, ${description} as description, ${created} as created, ${make.hex(16)} as serial,
        ${make.hex(32)} as fingerprint,
        (select i.id from issuers as i where i.kind = 'issuing' and i.environment =
          case when s.i % 5 = 4 then 'staging' else 'production' end) as issuer,
        case when ${spread} < 60 then null when s.i % 5 = 0 then ${sql.lit(now)} - s.i * 7919 % ${sql.lit(day)}
          when s.i % 5 = 1 then ${sql.lit(now - day)} - s.i * 7919 % ${sql.lit(30 * day)} end as used
      from ${make.series(row.count)}) as s`.execute(tx)
}

const addCredentials = (tx: Tx, make: Words, now: number) =>
  sql`insert into credentials (id, organization_id, environment, name, description, client_id, scopes, networks,
      certificate_ids, created_at, created_by)
    select 'cred_big' || ${make.padded('s.i', 23)}, 'org_big', case when s.i % 5 = 4 then 'staging' else 'production' end,
      'Service ' || s.i, '', 'big-' || s.i, 'null', 'null', 'null', ${sql.lit(now)} - s.i * 60000, 'made'
    from ${make.series(credentials)}`.execute(tx)

/** One in a hundred of those used within a day was used in each hour. */
async function addUsage(tx: Tx, make: Words, now: number): Promise<void> {
  const from = now - (now % hour) - 23 * hour
  await sql`insert into ${sql.raw('"usage"')} (certificate_id, grain, start, handshakes, ok)
    select id, 'hour', ${sql.lit(from)} + s.i * ${sql.lit(hour)}, 1, 5 from certificates, ${make.series(24)}
    where last_used_at > ${now - day} and (s.i = 23 or number % 100 = 1)`.execute(tx)
}

async function addActivity(
  tx: Tx,
  make: Words,
  { activity, organizations, certificates }: StoreSize,
  now: number,
) {
  const codes = [
    'certificate_missing',
    'certificate_expired',
    'token_missing',
    'token_invalid',
    'route_unknown',
  ]
  const isBig = sql.raw('s.i % 2 = 0')
  const organization = sql`case when ${isBig} then 'org_big' when s.i % 100 = 1 then null
    else 'org_' || ${make.padded(`s.i * 31 % ${organizations}`, 6)} end`
  await sql`insert into activity (id, at, kind, outcome, code, explanation, environment, organization_id, proven, source,
      certificate_id, method, path, status, resumed, client_address, trace_id)
    select 'act_' || ${make.padded('s.i', 26)}, ${sql.lit(now)} - (${sql.lit(activity)} - s.i) * 1000, 'call',
      case when s.i % 17 = 0 then 'refused' else 'ok' end, case when s.i % 17 = 0 then ${make.any(codes)} end, null,
      case when s.i % 5 = 4 then 'staging' else 'production' end, ${organization}, 1, '192.0.2.1',
      case when ${isBig} then 'cert_big' || ${make.padded(`s.i % ${certificates}`, 23)} end, 'GET', '/payments',
      case when s.i % 17 = 0 then 403 else 200 end, 0, '192.0.2.1', ${make.hex(16)}
    from ${make.series(activity)}`.execute(tx)
  await sql`insert into refusal_hours (hour, environment, organization_id, code, count, last_at)
    select at - at % ${sql.lit(hour)}, environment, coalesce(organization_id, ''), code, count(*), max(at) from activity
    where outcome = 'refused' group by 1, 2, 3, 4`.execute(tx)
}

const rowsPerInsert = 500

async function addAudit(tx: Tx, { audit, certificates }: StoreSize, now: number): Promise<void> {
  const last = await tx
    .selectFrom('audit')
    .select(['sequence', 'hash'])
    .orderBy('sequence', 'desc')
    .limit(1)
    .executeTakeFirst()
  let { sequence, hash } = last ?? chainStart
  for (let start = 0; start < audit; start += rowsPerInsert) {
    const rows = Array.from({ length: Math.min(rowsPerInsert, audit - start) }, (_, index) => {
      const at = start + index
      sequence += 1
      const body = {
        ...{
          sequence,
          at: now - (audit - at) * second,
          actor_kind: 'person' as const,
          actor_id: `usr_${at % 1000}`,
        },
        ...{ actor_name: `user${at % 1000}@customer.example`, origin: 'session' },
        organization_id: at % 2 === 0 ? 'org_big' : `org_${String(at % 1000).padStart(6, '0')}`,
        action:
          at % 1000 === 2
            ? 'certificate.revoked'
            : at % 3 === 0
              ? 'certificate.issued'
              : 'certificate.created',
        ...{
          subject_kind: 'certificate',
          subject_id: `cert_big${String(at % certificates).padStart(23, '0')}`,
        },
        ...{ before: null, after: '{"status":"issued"}', salt: null },
      }
      const row = { ...body, previous_hash: hash, hash: chainHash(hash, hashBody(body)) }
      hash = row.hash
      return row
    })
    await tx.insertInto('audit').values(rows).execute()
  }
}
