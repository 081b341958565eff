import { sql } from 'kysely'
import type { NotificationView } from '../contract/notification.ts'
import { toText } from '../shapes/moment.ts'
import { listActiveAdmins } from '../storage/active-people.ts'
import type { Queries } from '../storage/database.ts'
import { listSteps, type SkipReason } from './expiry-steps.ts'
import type { RowRequest } from './notification-row-store.ts'
import { chooseAdmins } from './webhook-certificate-store.ts'
import { findSilence, successorOf } from './webhook-successor-store.ts'

type WebhookCertificate = NonNullable<NotificationView['webhookCertificate']>

/** The next steps of client certificates that webhooks present. Times are milliseconds since 1970. */
export const selectPlannedOfWebhooks = (
  queries: Queries,
  { organizationId, limit }: RowRequest,
  after: readonly [number, string] | undefined,
  now: number,
) => {
  const rows = queries
    .selectFrom('webhook_client_certificates as certificate')
    .innerJoin('webhooks', 'webhooks.id', 'webhook_id')
    .innerJoin('organizations', 'organizations.id', 'organization_id')
    .select(['certificate.id', 'webhook_id', 'webhooks.name', 'webhooks.created_by_ref'])
    .select(['letter_at as due_at', 'not_before', 'not_after'])
    .select(['organizations.status', successorOf(now).as('successor')])
    .where('organization_id', '=', organizationId)
    .where('letter_at', 'is not', null)
    .orderBy('letter_at')
    .orderBy('certificate.id')
    .limit(limit)
  if (after === undefined) return rows
  return rows.where((e) => e(e.refTuple('letter_at', 'certificate.id'), '>', e.tuple(...after)))
}

export type PlannedOfWebhook = Awaited<
  ReturnType<ReturnType<typeof selectPlannedOfWebhooks>['execute']>
>[number]

/** Returns who would be told of the next step of each client certificate, and why nobody would be. */
export async function describePlannedOfWebhooks(
  queries: Queries,
  organizationId: string,
  rows: readonly PlannedOfWebhook[],
  now: number,
): Promise<Map<string, NotificationView>> {
  if (rows.length === 0) return new Map()
  const admins = await listActiveAdmins(queries, organizationId)
  return new Map(
    rows.map((row) => {
      const notAfter = row.not_after ?? 0
      const steps = listSteps({ kind: 'webhook_certificate', beganAt: row.not_before ?? 0, notAfter })
      const next = steps.find(({ at }) => at > now) ?? steps.at(-1)
      return [
        row.id,
        {
          ...withoutCertificates,
          ...{ id: null, state: 'planned', at: toText(next?.at ?? row.due_at ?? now) },
          silence: findSilence(row) ?? null,
          recipients: chooseAdmins(row, admins).map(({ email }) => ({
            ...{ email, reason: 'admin', isUnsubscribed: false },
          })),
          webhookCertificate: toView(row, next?.days ?? null),
        },
      ]
    }),
  )
}

/**
 * The steps of client certificates that nobody was told of, the newest first. They are found by the few client certificates
 * of the organization, not among the many steps of its other certificates.
 */
export function selectSkippedOfWebhooks(
  queries: Queries,
  { organizationId, limit }: RowRequest,
  before: string | undefined,
) {
  const rows = queries
    .selectFrom('expiry_steps')
    .innerJoin('webhook_client_certificates as certificate', 'certificate.id', 'plan_id')
    .innerJoin('webhooks', 'webhooks.id', 'webhook_id')
    .select(['expiry_steps.id', 'plan_id', 'expiry_steps.not_after', 'days', 'at', 'reason'])
    .select(['webhook_id', 'webhooks.name'])
    .where(({ eb, selectFrom }) =>
      eb(
        'plan_id',
        'in',
        selectFrom('webhook_client_certificates')
          .innerJoin('webhooks', 'webhooks.id', 'webhook_id')
          .select('webhook_client_certificates.id')
          .where('webhooks.organization_id', '=', organizationId),
      ),
    )
    .where('expiry_steps.state', '=', sql.lit('skipped'))
    .orderBy('expiry_steps.id', 'desc')
    .limit(limit)
  return before === undefined ? rows : rows.where('expiry_steps.id', '<', `exp_${before}`)
}

export type SkippedOfWebhook = Awaited<
  ReturnType<ReturnType<typeof selectSkippedOfWebhooks>['execute']>
>[number]

/** Returns a step of a client certificate that was skipped. */
export const toSkippedOfWebhook = (row: SkippedOfWebhook): NotificationView => ({
  ...withoutCertificates,
  ...{ id: row.id, state: 'skipped', at: toText(row.at), recipients: [] },
  silence: row.reason as SkipReason | null,
  webhookCertificate: toView({ ...row, id: row.plan_id }, row.days),
})

/** Returns what emails with these keys say of client certificates of webhooks that are still there, by the key. */
export async function readOfWebhooks(
  queries: Queries,
  organizationId: string,
  keys: readonly string[],
): Promise<Map<string, WebhookCertificate>> {
  const told = keys.flatMap((key) => {
    const [, id, days] = /^webhook-certificate-expires:([^:]+):\d+:(-?\d+):/.exec(key) ?? []
    return id === undefined ? [] : [{ key, id, days: Number(days) }]
  })
  if (told.length === 0) return new Map()
  const rows = await queries
    .selectFrom('webhook_client_certificates as certificate')
    .innerJoin('webhooks', 'webhooks.id', 'webhook_id')
    .select(['certificate.id', 'webhook_id', 'webhooks.name', 'not_after'])
    .where('organization_id', '=', organizationId)
    .where('certificate.id', 'in', [...new Set(told.map(({ id }) => id))])
    .execute()
  const byId = new Map(rows.map((row) => [row.id, row]))
  return new Map(
    told.flatMap(({ key, id, days }) => {
      const row = byId.get(id)
      return row === undefined ? [] : [[key, toView(row, days)] as const]
    }),
  )
}

const withoutCertificates = {
  kind: 'webhook_certificate_expiry',
  ...{ sentAt: null, subject: null, unsubscribed: [], certificates: [], certificateCount: 0 },
} satisfies Partial<NotificationView>

const toView = (
  row: { id: string; webhook_id: string; name: string; not_after: number | null },
  days: number | null,
): WebhookCertificate => ({
  ...{ id: row.id, webhookId: row.webhook_id, webhookName: row.name },
  ...{ notAfter: toText(row.not_after ?? 0), daysBefore: days },
})
