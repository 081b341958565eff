import type { Clock } from '../clock.ts'
import type { RequiredAction, RequiredActionList } from '../contract/required-action.ts'
import type { Handlers } from '../http/handler.ts'
import { daysToMs, endedBefore, toText } from '../shapes/moment.ts'
import type { ActionRow, RequiredActionStore } from './required-action-store.ts'
import type { UsageReadStore } from './usage-read-store.ts'
import { getWindow, toWindowView } from './usage-window.ts'

const day = 86_400_000
const warnedMs = 30 * day
/** An expired certificate that nobody has replaced for this long has no service left to warn of. */
const remindedMs = 90 * day
const maxOfKind = 50
/** How long after an email did not come its address is shown. */
const undeliverableMs = 30 * day

/** The dependencies of these routes. */
export interface RequiredActionDependencies {
  actions: RequiredActionStore
  usage: Pick<UsageReadStore, 'sumOrganization'>
  clock: Clock
}

interface Place {
  organizationId: string
  environment: string
  now: number
}

/** Returns the handler for what needs action in an organization. */
export const requiredActionRoutes = (
  dependencies: RequiredActionDependencies,
): Pick<Handlers, 'listRequiredActions'> => ({
  async listRequiredActions({ organization, environment }) {
    const now = dependencies.clock.now()
    const place = { organizationId: organization.id, environment: environment.name, now }
    const { rotationOverlapDays } = environment
    const since = now - undeliverableMs
    const [denied, unreached, certificates] = await Promise.all([
      findDenied(dependencies, place),
      dependencies.actions.listUndeliverable(place, { since, limit: 500 }),
      findCertificateActions(dependencies, place, rotationOverlapDays),
    ])
    return {
      ...certificates,
      items: [...denied, ...unreached.slice(0, maxOfKind).map(toUnreached(now)), ...certificates.items],
    }
  },
})

async function findDenied({ usage }: RequiredActionDependencies, place: Place): Promise<RequiredAction[]> {
  const window = getWindow('hour', place.now)
  const { refusals, unproven } = await usage.sumOrganization(place.organizationId, place.environment, window)
  if (refusals === 0) return []
  return [{ kind: 'requests_denied', ...toWindowView(window), count: refusals, unprovenCount: unproven }]
}

async function findCertificateActions(
  { actions }: RequiredActionDependencies,
  place: Place,
  overlapDays: number | null,
): Promise<RequiredActionList> {
  const { now } = place
  const limit = maxOfKind + 1
  const range = { since: now - remindedMs, until: now + warnedMs, limit }
  const [expiring, lost, unaccepted, toRetire, drafts, pending] = await Promise.all([
    actions.listExpiring(place, range),
    actions.listLostReplacements(place, range),
    actions.listUnaccepted(place, { limit }),
    actions.listReplaced(place, { limit }),
    actions.listUnfinished(place, { status: 'draft', limit }),
    actions.listUnfinished(place, { status: 'pending', limit }),
  ])
  const ending = uniqueById([...expiring, ...lost])
    .toSorted((a, b) => (a.not_after ?? 0) - (b.not_after ?? 0))
    .slice(0, maxOfKind)
  const endingIds = new Set(ending.map(({ id }) => id))
  const others = unaccepted.filter(({ replaces_id }) => !endingIds.has(replaces_id ?? '')).slice(0, maxOfKind)
  const [own, replaced] = await Promise.all([
    actions.listReplacements(place, [...endingIds]),
    actions.listByIds(place, [...new Set(others.map(({ replaces_id }) => replaces_id ?? ''))]),
  ])
  const replacements = [...own, ...others]
  const denied = await actions.countDenied(
    replacements.map(({ id }) => id),
    getWindow('day', now).from,
  )
  const show = createView(now, denied)
  return {
    items: [
      ...ending.map((row) =>
        show.ending(
          row,
          own.findLast(({ replaces_id }) => replaces_id === row.id),
        ),
      ),
      ...others.flatMap((row) => show.unfinished(row, replaced)),
      ...toRetire.slice(0, maxOfKind).map((row) => show.toRetire(row, overlapDays)),
      ...drafts.slice(0, maxOfKind).map((row) => show.waiting('certificate_draft', row)),
      ...pending.slice(0, maxOfKind).map((row) => show.waiting('certificate_pending', row)),
    ],
    hasMore: [expiring, lost, unaccepted, toRetire, drafts, pending].some(({ length }) => length > maxOfKind),
  }
}

const uniqueById = (rows: readonly ActionRow[]): ActionRow[] => [
  ...new Map(rows.map((row) => [row.id, row])).values(),
]

const toUnreached =
  (now: number) =>
  ({ recipient, count, ...row }: ActionRow & { recipient: string; count: number }): RequiredAction => ({
    kind: 'contact_undeliverable',
    certificate: createView(now, new Map()).certificate(row),
    email: recipient,
    count,
  })

/** Creates what shows rows as actions at `now`. */
function createView(now: number, denied: ReadonlyMap<string, number>) {
  const certificate = ({ id, name, description, status, not_after }: ActionRow) =>
    ({
      ...{ id, name, description, notAfter: toText(not_after) },
      status: status === 'issued' && not_after !== null && not_after <= endedBefore(now) ? 'expired' : status,
    }) as const
  const replacement = (row: ActionRow) => ({ ...certificate(row), deniedCount: denied.get(row.id) ?? 0 })

  return {
    certificate,
    ending(row: ActionRow, next: ActionRow | undefined): RequiredAction {
      const shown = certificate(row)
      const kind = shown.status === 'expired' ? 'certificate_expired' : 'certificate_expiring'
      return { kind, certificate: shown, replacement: next === undefined ? null : replacement(next) }
    },
    unfinished(row: ActionRow, replaced: readonly ActionRow[]): RequiredAction[] {
      const old = replaced.find(({ id }) => id === row.replaces_id)
      if (old === undefined) return []
      return [{ kind: 'rotation_unfinished', certificate: certificate(old), replacement: replacement(row) }]
    },
    toRetire: (
      { accepted_at: acceptedAt, ...row }: ActionRow & { accepted_at: number | null },
      overlapDays: number | null,
    ): RequiredAction => ({
      kind: 'rotation_to_retire',
      certificate: certificate(row),
      overlapEndsAt:
        overlapDays === null || acceptedAt === null
          ? null
          : toText(Number(acceptedAt) + daysToMs(overlapDays)),
    }),
    waiting: (kind: 'certificate_draft' | 'certificate_pending', row: ActionRow): RequiredAction => ({
      kind,
      certificate: certificate(row),
    }),
  }
}
