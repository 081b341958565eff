import type { Generated, GeneratedAlways } from 'kysely'
import type { LostRevocationKind, LostRevocationOutcome } from '../../contract/lost-revocation.ts'

/** Changes, the audit log, jobs and emails. */
export interface RecordTables {
  changes: ChangeRow
  store_epochs: StoreEpochRow
  lost_endings: LostEndingRow
  audit: AuditRow
  audit_keys: AuditKeyRow
  audit_checkpoints: AuditCheckpointRow
  audit_exports: AuditExportRow
  jobs: JobRow
  job_turns: JobTurnRow
  budgets: BudgetRow
  outbox: OutboxRow
  mailbox: MailboxRow
  mail_contacts: MailContactRow
  mail_subscriptions: MailSubscriptionRow
  notification_settings: NotificationSettingsRow
  idempotency_keys: IdempotencyKeyRow
}

interface ChangeRow {
  version: GeneratedAlways<number>
  kind: string
  subject_id: string
  at: number
  /**
   * Random: distinguishes this change from one with the same version in another store epoch. Empty in old
   * rows.
   */
  mark: Generated<string>
}

/** An epoch of the store: it ends when the store is restored to an older state. */
interface StoreEpochRow {
  id: string
  /** From 1, in order of their beginning. */
  number: number
  began_at: number
  cause: 'first-start' | 'restore' | 'went-back'
  /** The process that began it. */
  noticed_by: string
}

/** A revocation, deletion or object that a gateway knows and a restored store does not. */
interface LostEndingRow {
  epoch_id: string
  kind: LostRevocationKind
  subject_id: string
  organization_id: string | null
  environment: string | null
  name: string
  /** JSON: the data needed to revoke or delete it again. */
  detail: string
  /** Host and process of the gateway that reported it. */
  gateway: string
  found_at: number
  /** The outcome; null while it waits. */
  outcome: LostRevocationOutcome | null
  settled_at: number | null
}

/** One row of the audit log. */
export interface AuditRow {
  /** Consecutive from 1. */
  sequence: number
  at: number
  actor_kind: string
  actor_id: string
  actor_name: string
  origin: string
  organization_id: string | null
  action: string
  subject_kind: string
  subject_id: string
  /** JSON, without secrets. */
  before: string | null
  after: string | null
  /** Random: without it nobody can guess what a redacted row said. Null in rows of older releases. */
  salt: string | null
  /** SHA-256 in hex. */
  previous_hash: string
  hash: string
  /** Once the row is redacted: SHA-256 of the content that it was written with, hex. */
  written_sha256: string | null
  /** The number of the row that records the latest redaction of this one. */
  redacted_by: number | null
}

interface AuditKeyRow {
  id: string
  /** SubjectPublicKeyInfo, DER. */
  public_key: Uint8Array
  /** By which an issuing CA certifies the key. */
  certificate_der: Uint8Array | null
  sealed_key: Uint8Array
  created_at: number
}

interface AuditCheckpointRow {
  sequence: number
  hash: string
  at: number
  key_id: string
  /** ECDSA with SHA-256, DER. */
  signature: Uint8Array
}

/** How far a target of the audit export has come. */
interface AuditExportRow {
  target: string
  /** The last row that the target has. */
  sequence: number
  /** The row that the last checkpoint signs which the target has. */
  checkpoint: number
  updated_at: number
}

export interface JobRow {
  id: string
  kind: string
  /** At most one job of a kind per key. */
  key: string
  run_at: number
  /** Not null while a worker holds the lease and renews it repeatedly: a counter, not a time. */
  leased_until: number | null
  /** Distinguishes one lease from the previous one. */
  attempts: Generated<number>
  last_error: string | null
  created_at: number
  /** The organization on whose behalf it runs; empty if there is none. */
  owner: Generated<string>
  /** The time since which it is not retried. */
  given_up_at: Generated<number | null>
}

/** When a job of a kind last started for an owner: the lowest turn is next. */
interface JobTurnRow {
  kind: string
  owner: string
  turn: number
}

/** The used part of a budget in the span that begins at `start`. */
interface BudgetRow {
  subject: string
  start: number
  spent: number
}

export interface OutboxRow {
  id: string
  /** An email is queued once per key. */
  key: string
  organization_id: string | null
  recipient: string
  subject: string
  body: string
  created_at: number
  sent_at: number | null
  attempts: Generated<number>
  last_error: string | null
  /** Why it is not sent: `budget`, `unconfirmed` for a contact, or `undeliverable` after the last attempt; null if it is to be sent. */
  withheld: Generated<string | null>
  /** Whether the text is deleted once it is not needed to send it. */
  is_secret: Generated<number>
  /** When the mail server refused its address; null if it did not, at the last attempt. */
  refused_at: Generated<number | null>
  /** What its button says; null for what every button says. */
  action: Generated<string | null>
  /** Whether its recipient may unsubscribe from emails of its kind. */
  may_unsubscribe: Generated<number>
}

/** An address outside an organization that its members named as a contact. */
interface MailContactRow {
  organization_id: string
  /** In lower case. */
  address: string
  /** SHA-256 of the token in the link that confirms it, in base64url. */
  token_sha256: string
  /** When it was last asked; before it is confirmed it gets no other email. */
  asked_at: number
  confirmed_at: number | null
  /** How often it was asked in vain, and once more. */
  questions: Generated<number>
  /** The IANA time zone that was chosen when it was confirmed. */
  time_zone: Generated<string | null>
}

/** A link with which an address unsubscribes from the emails of an organization; an older one stays valid. */
interface MailSubscriptionRow {
  /** SHA-256 of the token in the link, in base64url. */
  token_sha256: string
  organization_id: string
  /** In lower case. */
  address: string
  /** When an email with the link was last written, to about a day. */
  last_written_at: number
  /** Null while it wants the emails; the same in all rows of an address. */
  unsubscribed_at: number | null
}

/** What an organization has chosen for the emails about it. */
interface NotificationSettingsRow {
  organization_id: string
  /** In lower case. */
  team_address: string | null
  /** The IANA time zone of dates in emails to addresses that have none of their own. */
  time_zone: string | null
}

/** A request with an idempotency key. */
interface IdempotencyKeyRow {
  /** SHA-256 in hex of principal, path and key. */
  id: string
  principal: string
  /** SHA-256 in hex of the body. */
  fingerprint: string
  created_at: number
  /** The request that runs; null when none does. */
  claim: string | null
  /** When the running request has last shown that it runs. */
  claimed_at: number
  /** What it created; null until the transaction of the change. */
  subject_id: string | null
  /** Members of the answer that nothing can read again, sealed. */
  secrets: Uint8Array | null
  /** The answer, sealed. */
  answer: Uint8Array | null
  octets: Generated<number>
}

interface MailboxRow {
  id: string
  recipient: string
  sender: string
  subject: string
  body: string
  received_at: number
}
