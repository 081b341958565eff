import { setImmediate as nextTurn } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import type { Queries } from './database.ts'
import type { Schema } from './schema.ts'

const hour = 3_600_000
const day = 24 * hour
const rowsPerStep = 500

/** The rows of a table that are past their retention period. */
interface Period {
  table: keyof Schema & string
  key: string
  isOver: RawBuilder<unknown>
}

/** Returns the retention limits at `now`; `kept` names the kinds of jobs that stay. */
const periodsOf = (now: number, kept: readonly string[]): Period[] => {
  const text = new Date(now).toISOString()
  const emails = now - 90 * day
  return [
    { table: 'sessions', key: 'id', isOver: sql`expires_at < ${text}` },
    { table: 'one_time_links', key: 'token_sha256', isOver: sql`expires_at < ${now - day}` },
    {
      table: 'outbox',
      key: 'id',
      isOver: sql`created_at < ${emails} and (sent_at is not null or withheld is not null)`,
    },
    { table: 'confirmations', key: 'id', isOver: sql`expires_at < ${emails}` },
    { table: 'api_key_secrets', key: 'sha256', isOver: sql`expires_at < ${now - 30 * day}` },
    { table: 'api_keys', key: 'id', isOver: sql`expires_at < ${now - 30 * day}` },
    // Files have them; the newest says how far the journal has come.
    {
      table: 'journal',
      key: 'sequence',
      isOver: sql`at < ${now - 35 * day} and sequence < (select max(sequence) from journal)`,
    },
    { table: 'mailbox', key: 'id', isOver: sql`received_at < ${now - 30 * day}` },
    { table: 'budgets', key: 'start', isOver: sql`start < ${now - 2 * day}` },
    { table: 'portal_uses', key: 'process', isOver: sql`seen_at < ${now - hour}` },
    { table: 'gateway_uses', key: 'process', isOver: sql`seen_at < ${now - hour}` },
    { table: 'registrations', key: 'id', isOver: sql`expires_at < ${now - 30 * day}` },
    { table: 'revoked_tokens', key: 'id', isOver: sql`expires_at < ${now - hour}` },
    { table: 'used_assertions', key: 'id', isOver: sql`expires_at < ${now - hour}` },
    { table: 'spent_tickets', key: 'id', isOver: sql`expires_at < ${now - hour}` },
    { table: 'bulk_revocations', key: 'id', isOver: sql`created_at < ${now - day} and state = 'dry_run'` },
    { table: 'bulk_revocations', key: 'id', isOver: sql`finished_at < ${emails}` },
    // The feed of a membership that has ended is not read any more.
    {
      table: 'calendar_feeds',
      key: 'id',
      isOver: sql`not exists (select 1 from members where members.id = calendar_feeds.member_id)`,
    },
    // An address that never answered may be asked again then.
    {
      table: 'mail_contacts',
      key: 'token_sha256',
      isOver: sql`asked_at < ${now - 180 * day} and confirmed_at is null`,
    },
    // An address that unsubscribed stays known.
    {
      table: 'mail_subscriptions',
      key: 'token_sha256',
      isOver: sql`last_written_at < ${now - 400 * day} and unsubscribed_at is null`,
    },
    { table: 'calendar_events', key: 'certificate_id', isOver: sql`ends_at < ${emails}` },
    { table: 'webhook_deliveries', key: 'id', isOver: sql`created_at < ${now - 30 * day}` },
    { table: 'webhook_secrets', key: 'id', isOver: sql`expires_at < ${now}` },
    {
      table: 'webhook_client_certificates',
      key: 'id',
      // While there is no later one, it says that deliveries must not go without.
      isOver: sql`not_after < ${now - 30 * day} and exists (
        select 1 from webhook_client_certificates as later
        where later.webhook_id = webhook_client_certificates.webhook_id
          and later.not_after > webhook_client_certificates.not_after)`,
    },
    { table: 'invitations', key: 'id', isOver: sql`expires_at < ${now - 30 * day}` },
    { table: 'idempotency_keys', key: 'id', isOver: sql`created_at < ${now - day}` },
    { table: 'step_up_proofs', key: 'token_sha256', isOver: sql`expires_at < ${now}` },
    {
      table: 'jobs',
      key: 'id',
      isOver: sql`given_up_at < ${now - 30 * day} and kind not in (${sql.join(kept)})`,
    },
    // Nothing is told of a certificate that expired so long ago.
    { table: 'expiry_steps', key: 'id', isOver: sql`at < ${now - 180 * day} and for_operators = 0` },
    { table: 'expiry_plans', key: 'id', isOver: sql`not_after < ${now - 180 * day} and due_at is null` },
    {
      table: 'signals',
      key: 'id',
      isOver: sql`resolved_at < ${emails} and (dismissed_at is null or resolved_at < ${now - 800 * day})`,
    },
    { table: 'watch_gaps', key: 'day', isOver: sql`day < ${now - 3660 * day}` },
    { table: 'certificate_networks', key: 'certificate_id', isOver: sql`last_at < ${now - 180 * day}` },
    {
      table: 'certificate_networks',
      key: 'certificate_id',
      isOver: sql`not exists (
        select 1 from certificates join address_monitoring
          on address_monitoring.organization_id = certificates.organization_id
            and address_monitoring.environment = certificates.environment
        where certificates.id = certificate_networks.certificate_id)`,
    },
    // Gateways still deny refused entries, which wait for an operator.
    {
      table: 'lost_endings',
      key: 'subject_id',
      isOver: sql`settled_at < ${emails} and outcome <> 'refused'`,
    },
  ]
}

/**
 * Deletes rows past their retention period, 500 at a time to keep transactions short: expired sessions, links a day later,
 * step-up proofs and used tickets that have expired, API keys 30 days after their end, invitations 30 days after they
 * expired, emails after 90 days, deliveries of webhooks after 30, ended secrets of them, client
 * certificates that expired 30 days before a later one, the built-in mailbox after 30,
 * jobs that failed permanently 30 days ago except the kinds `kept`, calendar feeds of former members, contacts who have
 * not answered for 180 days, links to unsubscribe 400 days after the last email with them, what calendars said of certificates that ended 90 days ago, budgets of past days, reports of
 * processes that ended an hour ago, idempotency keys after a day, settled losses of a restored store after 90 days, and
 * steps of an expiry after 180, signals that ended 90 days ago (800 if they were dismissed), and networks of certificates
 * without a call for 180 days, or that nobody asks for any more.
 */
export async function deleteOldRows(queries: Queries, kept: readonly string[], now: number): Promise<void> {
  for (const { table, key, isOver } of periodsOf(now, kept)) {
    const some = sql`
      delete from ${sql.table(table)} where ${sql.ref(key)} in (
        select ${sql.ref(key)} from ${sql.table(table)} where ${isOver} limit ${sql.lit(rowsPerStep)}
      ) and ${isOver}`
    for (let deleted = rowsPerStep; deleted >= rowsPerStep; await nextTurn())
      deleted = Number((await some.execute(queries)).numAffectedRows ?? 0)
  }
}
