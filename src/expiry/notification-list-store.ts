import {
  type NotificationState,
  type NotificationView,
  notificationStates,
} from '../contract/notification.ts'
import type { Received } from '../contract/operation.ts'
import type { operations } from '../contract/operations.ts'
import { getAddresses } from '../shapes/actor-name.ts'
import { toText } from '../shapes/moment.ts'
import type { Database, Tx } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import { quiet } from '../storage/transact.ts'
import { listSteps, type SkipReason } from './expiry-steps.ts'
import {
  isEmailState,
  type RowRequest,
  readLetters,
  readNames,
  selectEmails,
  selectPlanned,
  selectSkipped,
} from './notification-row-store.ts'
import {
  certificateOf,
  type EmailRow,
  type SkippedRow,
  toCertificate,
  toEmailView,
  toSkippedView,
} from './notification-views.ts'
import { findReplaced } from './plan-row-store.ts'
import type { FindRecipients, RecipientNeeds } from './recipient-store.ts'
import {
  describePlannedOfWebhooks,
  type PlannedOfWebhook,
  readOfWebhooks,
  type SkippedOfWebhook,
  selectPlannedOfWebhooks,
  selectSkippedOfWebhooks,
  toSkippedOfWebhook,
} from './webhook-notification-store.ts'

type ListQuery = Received<(typeof operations)['listNotifications']>['query']
type PlannedRow = Awaited<ReturnType<ReturnType<typeof selectPlanned>['execute']>>[number]

/** A row with its place in the list: planned ones by time, then the others by the end of their ID. */
type Row =
  | { of: 'plan'; row: PlannedRow; place: [0, number, string] }
  | { of: 'email'; row: EmailRow; place: [1, 0, string] }
  | { of: 'step'; row: SkippedRow; place: [1, 0, string] }
  | { of: 'webhook plan'; row: PlannedOfWebhook; place: [0, number, string] }
  | { of: 'webhook step'; row: SkippedOfWebhook; place: [1, 0, string] }

const paging = createPaging('notifications', [cursorParts.smallNumber, cursorParts.number, cursorParts.name])
const toLower = (email: string) => email.toLowerCase()
const placeOf = (row: { due_at: number | null; id: string }): [0, number, string] => [
  0,
  row.due_at ?? 0,
  row.id,
]
const pastPlaceOf = ({ id }: { id: string }): [1, 0, string] => [1, 0, id.slice(id.indexOf('_') + 1)]

/** What the list says of recipients with. */
interface ListNeeds extends Pick<RecipientNeeds, 'findUnsubscribed'> {
  findRecipients: FindRecipients
}

/** Creates the store that lists what people of an organization are told, and will be. */
export function createNotificationListStore(
  { aside, transaction }: Database,
  { findRecipients, findUnsubscribed }: ListNeeds,
) {
  const readRows = async (
    request: RowRequest,
    { cursor, state, certificateId }: ListQuery,
    now: number,
  ): Promise<Row[]> => {
    const after = paging.findPosition(cursor, { state, certificateId })
    const states: readonly NotificationState[] = state ?? notificationStates
    const isPast = after?.[0] === 1
    const rows: Row[] = []
    if (states.includes('planned') && !isPast) {
      const from = after === undefined ? undefined : ([after[1], after[2]] as const)
      rows.push(...(await readPlanned(request, from, now)))
    }
    if (rows.length >= request.limit) return rows
    return [...rows, ...(await readPast(request, states, isPast ? after[2] : undefined))]
  }

  const readPlanned = async (
    request: RowRequest,
    from: readonly [number, string] | undefined,
    now: number,
  ): Promise<Row[]> => {
    const plans = await selectPlanned(aside, request, from).execute()
    const ofWebhooks =
      request.certificateId === undefined
        ? await selectPlannedOfWebhooks(aside, request, from, now).execute()
        : []
    const rows: Row[] = [
      ...plans.map((row) => ({ of: 'plan' as const, row, place: placeOf(row) })),
      ...ofWebhooks.map((row) => ({ of: 'webhook plan' as const, row, place: placeOf(row) })),
    ]
    return rows.sort((a, b) => a.place[1] - b.place[1] || (a.place[2] < b.place[2] ? -1 : 1))
  }

  const readPast = async (
    request: RowRequest,
    states: readonly NotificationState[],
    before: string | undefined,
  ): Promise<Row[]> => {
    const emailStates = states.filter(isEmailState)
    const emails =
      emailStates.length === 0
        ? []
        : await selectEmails(aside, request, { states: emailStates, before }).execute()
    const steps = states.includes('skipped') ? await selectSkipped(aside, request, before).execute() : []
    const ofWebhooks =
      states.includes('skipped') && request.certificateId === undefined
        ? await selectSkippedOfWebhooks(aside, request, before).execute()
        : []
    const past: Row[] = [
      ...emails.map((row) => ({ of: 'email' as const, row, place: pastPlaceOf(row) })),
      ...steps.map((row) => ({ of: 'step' as const, row, place: pastPlaceOf(row) })),
      ...ofWebhooks.map((row) => ({ of: 'webhook step' as const, row, place: pastPlaceOf(row) })),
    ]
    return past.sort((a, b) => (a.place[2] < b.place[2] ? 1 : -1))
  }

  return {
    /** Lists planned ones, soonest first, then the others, newest first. Throws `cursor_invalid`. */
    async list(organizationId: string, query: ListQuery, now: number): Promise<Page<NotificationView>> {
      const { cursor: _, limit, ...filter } = query
      const request = { organizationId, certificateId: query.certificateId, limit: limit + 1 }
      const rows = (await readRows(request, query, now)).slice(0, limit + 1)
      const shown = rows.slice(0, limit)
      const emails = shown.flatMap((each) => (each.of === 'email' ? [each.row] : []))
      const letters = await readLetters(
        aside,
        emails.map(({ id }) => id),
      )
      const names = await readNames(
        aside,
        organizationId,
        emails.flatMap(({ key }) => certificateOf(key) ?? []),
      )
      const unsubscribed = await findUnsubscribed(aside, organizationId, [
        ...new Set(emails.map(({ recipient }) => recipient.toLowerCase())),
      ])
      const ofWebhooks = await readOfWebhooks(
        aside,
        organizationId,
        emails.map(({ key }) => key),
      )
      const plannedOfWebhooks = await describePlannedOfWebhooks(
        aside,
        organizationId,
        shown.flatMap((each) => (each.of === 'webhook plan' ? [each.row] : [])),
        now,
      )
      const plans = shown.flatMap((each) => (each.of === 'plan' ? [each.row] : []))
      const planned = await transaction(
        (tx) => describePlanned(tx, { findRecipients, findUnsubscribed, organizationId, now }, plans),
        quiet,
      )
      return paging.toPage(
        rows,
        { limit, filter },
        ({ place }) => place,
        (each) => {
          if (each.of === 'plan') return planned.get(each.row.id) as NotificationView
          if (each.of === 'webhook plan') return plannedOfWebhooks.get(each.row.id) as NotificationView
          if (each.of === 'step') return toSkippedView(each.row)
          if (each.of === 'webhook step') return toSkippedOfWebhook(each.row)
          return toEmailView(each.row, letters.get(each.row.id), { names, unsubscribed, ofWebhooks })
        },
      )
    },
  }
}

export type NotificationListStore = ReturnType<typeof createNotificationListStore>

/** Who would be told of the next step of each certificate, and why nobody would be. */
async function describePlanned(
  tx: Tx,
  {
    findRecipients,
    findUnsubscribed,
    organizationId,
    now,
  }: ListNeeds & { organizationId: string; now: number },
  rows: readonly PlannedRow[],
): Promise<Map<string, NotificationView>> {
  if (rows.length === 0) return new Map()
  const plans = rows.map((row) => {
    const steps = listSteps({ kind: 'certificate', beganAt: row.began_at, notAfter: row.not_after })
    const next = steps.find(({ at }) => at > now) ?? steps.at(-1)
    return {
      ...{ id: row.id, name: row.name, environment: row.environment, isIssued: true },
      ...{ beganAt: row.began_at, notAfter: row.not_after, lastUsedAt: row.last_used_at },
      contacts: JSON.parse(row.contacts) as string[],
      submitter: getAddresses((row.source === 'postern' ? row.submitted_by : row.created_by) ?? ''),
      ...{ days: next?.days ?? 0, at: next?.at ?? row.due_at ?? now },
    }
  })
  const { status } = await tx
    .selectFrom('organizations')
    .select('status')
    .where('id', '=', organizationId)
    .executeTakeFirstOrThrow()
  const replaced = await findReplaced(tx, organizationId, plans, now)
  const recipients = await findRecipients(tx, organizationId, plans, now)
  const unsubscribed = await findUnsubscribed(tx, organizationId, [
    ...new Set(plans.flatMap(({ contacts, submitter }) => [...contacts, ...submitter]).map(toLower)),
  ])
  const leftOut = ({ id, contacts, submitter }: (typeof plans)[number]) => {
    const told = new Set((recipients.get(id) ?? []).map(({ email }) => toLower(email)))
    const named = new Set([...contacts, ...submitter].map(toLower))
    return [...named].filter((email) => unsubscribed.has(email) && !told.has(email))
  }
  const silenceOf = (id: string): SkipReason | null =>
    status === 'active' ? (replaced.has(id) ? 'replaced' : null) : 'organization_not_active'
  return new Map(
    plans.map((plan) => [
      plan.id,
      {
        ...{ id: null, state: 'planned', kind: 'certificate_expiry', at: toText(plan.at) },
        ...{ sentAt: null, subject: null, certificateCount: 1, silence: silenceOf(plan.id) },
        certificates: [toCertificate(plan)],
        recipients: (recipients.get(plan.id) ?? []).map(({ role, ...rest }) => ({ ...rest, reason: role })),
        unsubscribed: leftOut(plan),
        webhookCertificate: null,
      },
    ]),
  )
}
