import { sql } from 'kysely'
import type { Announcement } from '../shapes/announcement.ts'
import { toText } from '../shapes/moment.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { quiet } from '../storage/transact.ts'
import { toEventId } from './delivery-rows-store.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Denied requests of one certificate in five minutes that are announced. */
const refusalBurst = 20
const burstMs = 5 * minute
/** Gateways that were without the store report a first use later. */
const lateMs = day
const rowsAtOnce = 500

interface WatchDependencies {
  database: Database
  announce(tx: Tx, announcements: readonly Announcement[], now: number): Promise<void>
}

/**
 * Creates what announces the first use of certificates and bursts of denied requests. It reads the certificates of
 * organizations that have a webhook alone; an announcement with a known key is queued once.
 */
export function createUseWatch({ database, announce }: WatchDependencies) {
  /** What was announced lately, so that it is not asked for each time. */
  const told = new Map<string, number>()
  return {
    async look(now: number): Promise<void> {
      for (const [key, at] of told) if (at < now - 2 * lateMs) told.delete(key)
      const since = await findSince(database.queries, now)
      if (since.length === 0) return
      const ids = since.map(({ organizationId }) => organizationId)
      const first = await listFirstUses(database.queries, since, now)
      const risen = await listBursts(database.queries, ids, now)
      const all = [...first, ...risen].filter(({ key }) => !told.has(key))
      if (all.length === 0) return
      await database.transaction((tx) => announce(tx, all, now), quiet)
      for (const { key } of all) told.set(key, now)
    },
  }
}

interface Since {
  organizationId: string
  /** Its first webhook is as old. */
  at: number
}

async function findSince(queries: Queries, now: number): Promise<Since[]> {
  const rows = await queries
    .selectFrom('webhooks')
    .innerJoin('organizations', 'organizations.id', 'webhooks.organization_id')
    .select((e) => ['organization_id', e.fn.min<number>('webhooks.created_at').as('at')])
    .where('disabled_reason', 'is', null)
    .where('organizations.status', '=', 'active')
    .groupBy('organization_id')
    .execute()
  return rows.map((row) => ({
    organizationId: row.organization_id,
    at: Math.max(Number(row.at), now - lateMs),
  }))
}

async function listFirstUses(
  queries: Queries,
  since: readonly Since[],
  now: number,
): Promise<Announcement[]> {
  const found: Announcement[] = []
  for (const { organizationId, at } of since) {
    const rows = await queries
      .selectFrom('certificates')
      .select(['id', 'environment', 'first_used_at'])
      .where('organization_id', '=', organizationId)
      .where('first_used_at', '>', at)
      .where('first_used_at', '<=', now + hour)
      .orderBy('first_used_at', 'desc')
      .limit(rowsAtOnce)
      .execute()
    for (const row of rows) {
      const usedAt = row.first_used_at as number
      found.push({
        key: `first used ${row.id}`,
        type: 'certificate.first_used',
        ...{ organizationId, environment: row.environment, certificateId: row.id, at: usedAt },
        data: { firstUsedAt: toText(usedAt) },
      })
    }
  }
  return found
}

/** One announcement for each certificate and hour. */
async function listBursts(
  queries: Queries,
  organizationIds: readonly string[],
  now: number,
): Promise<Announcement[]> {
  const from = now - burstMs
  const busy = await queries
    .selectFrom('organization_usage')
    .select('organization_id')
    .distinct()
    .where('organization_id', 'in', [...organizationIds])
    .where('grain', '=', 'minute')
    .where('start', '>=', from)
    .where('refusals', '>', 0)
    .execute()
  if (busy.length === 0) return []
  const rows = await queries
    .selectFrom('usage')
    .innerJoin('certificates', 'certificates.id', 'usage.certificate_id')
    .select((e) => [
      'certificates.id',
      'organization_id',
      'environment',
      e.fn.sum<number>('refusals').as('denied'),
    ])
    .where(
      'organization_id',
      'in',
      busy.map((row) => row.organization_id),
    )
    .where('grain', '=', 'minute')
    .where('start', '>=', from)
    .groupBy(['certificates.id', 'organization_id', 'environment'])
    .having(sql<boolean>`sum(refusals) >= ${sql.lit(refusalBurst)}`)
    .execute()
  const told = await listToldBursts(
    queries,
    rows.map(({ id }) => id),
    now,
  )
  const risen = rows.filter(({ id }) => !told.has(id))
  return risen.map((row) => ({
    key: burstKey(row.id, now),
    type: 'certificate.refusals_rose',
    ...{ organizationId: row.organization_id, environment: row.environment, certificateId: row.id, at: now },
    data: { denied: Number(row.denied), from: toText(from) },
  }))
}

const burstKey = (certificateId: string, at: number): string =>
  `refusals ${certificateId} ${at - (at % hour)}`

/** Returns the certificates of which a burst was announced less than an hour ago: in this hour, or in the one before. */
async function listToldBursts(
  queries: Queries,
  certificateIds: readonly string[],
  now: number,
): Promise<ReadonlySet<string>> {
  if (certificateIds.length === 0) return new Set()
  const byEvent = new Map(
    certificateIds.flatMap((id) => [now, now - hour].map((at) => [toEventId(burstKey(id, at)), id])),
  )
  const rows = await queries
    .selectFrom('webhook_deliveries')
    .innerJoin('webhooks', 'webhooks.id', 'webhook_id')
    .select('event_id')
    .where(
      'organization_id',
      'in',
      queries
        .selectFrom('certificates')
        .select('organization_id')
        .where('id', 'in', [...certificateIds]),
    )
    .where('event_id', 'in', [...byEvent.keys()])
    .where('event_at', '>', now - hour)
    .execute()
  return new Set(rows.map(({ event_id: id }) => byEvent.get(id) as string))
}
