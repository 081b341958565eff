import type { Announcement } from '../shapes/announcement.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { quiet } from '../storage/transact.ts'
import type { SignalRules } from './signal.ts'
import { selectSignals, toSignal } from './signal-store.ts'
import { toSignalView } from './signal-views.ts'

const hour = 3_600_000
/** How many signals of an organization webhooks are told of in an hour: others wait, so that they displace nothing. */
const mostInHour = 20
const organizationsAtOnce = 100

/** What announcing needs. */
export interface AnnounceDependencies {
  database: Database
  announce(tx: Tx, announcements: readonly Announcement[], now: number): Promise<void>
  environments: ReadonlyMap<string, SignalRules>
}

/** Creates what tells webhooks of signals, each once while it holds. */
export const createSignalAnnouncer =
  (dependencies: AnnounceDependencies) =>
  async (now: number): Promise<void> => {
    for (const organizationId of await listWaiting(dependencies.database.queries, now))
      await dependencies.database.transaction(
        (tx) => announceOf(tx, dependencies, organizationId, now),
        quiet,
      )
  }

/** Lists organizations with signals that wait, and that have not had as many in this hour as they may. */
async function listWaiting(queries: Queries, now: number): Promise<string[]> {
  const rows = await queries
    .selectFrom('signals')
    .innerJoin('organizations', 'organizations.id', 'organization_id')
    .select('organization_id')
    .distinct()
    .where('announced_at', 'is', null)
    .where('resolved_at', 'is', null)
    .where('dismissed_at', 'is', null)
    .where('organizations.status', '=', 'active')
    .where(
      (e) =>
        e
          .selectFrom('signals as told')
          .select((count) => count.fn.countAll<number>().as('count'))
          .whereRef('told.organization_id', '=', 'signals.organization_id')
          .where('told.announced_at', '>', now - hour)
          .where('told.announced_at', '<=', now),
      '<',
      mostInHour,
    )
    .limit(organizationsAtOnce)
    .execute()
  return rows.map((row) => row.organization_id)
}

async function announceOf(
  tx: Tx,
  { announce, environments }: AnnounceDependencies,
  organizationId: string,
  now: number,
): Promise<void> {
  const { told } = await tx
    .selectFrom('signals')
    .select((e) => e.fn.countAll<number>().as('told'))
    .where('organization_id', '=', organizationId)
    .where('announced_at', '>', now - hour)
    .where('announced_at', '<=', now)
    .executeTakeFirstOrThrow()
  const left = mostInHour - Number(told)
  if (left <= 0) return
  const rows = await selectSignals(tx)
    .where('signals.organization_id', '=', organizationId)
    .where('announced_at', 'is', null)
    .where('resolved_at', 'is', null)
    .where('dismissed_at', 'is', null)
    .orderBy('signals.id')
    .limit(left)
    .execute()
  if (rows.length === 0) return
  const taken = await tx
    .updateTable('signals')
    .set({ announced_at: now })
    .where(
      'id',
      'in',
      rows.map(({ id }) => id),
    )
    // Another process may have told of it meanwhile.
    .where('announced_at', 'is', null)
    .returning('id')
    .execute()
  const own = new Set(taken.map(({ id }) => id))
  const views = rows
    .filter(({ id }) => own.has(id))
    .map((row) => toSignalView(toSignal(row), environments.get(row.environment)))
  await announce(
    tx,
    views.map((view) => toAnnouncement(view, organizationId)),
    now,
  )
}

function toAnnouncement(view: ReturnType<typeof toSignalView>, organizationId: string): Announcement {
  const { id, kind, environment, firstSeenAt, lastSeenAt: _, ...others } = view
  const { resolvedAt: _r, dismissedAt: _d, dismissedBy: _b, ...details } = others
  const data = { signalId: id, ...details }
  const shared = {
    key: `signal ${id} ${firstSeenAt}`,
    type: `signal.${kind}` as const,
    ...{ organizationId, environment, at: Date.parse(firstSeenAt) },
  }
  if ('credential' in data) {
    const { credential, ...rest } = data
    return {
      ...shared,
      certificateId: credential.id,
      subject: { kind: 'credential', id: credential.id, name: credential.name },
      data: rest,
    }
  }
  const { certificate, ...rest } = data
  return { ...shared, certificateId: certificate.id, data: rest }
}
