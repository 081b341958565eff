import type { Generated, GeneratedAlways } from 'kysely'
import type { EndingKind, EndingOutcome } from '../../contract/lost-ending.ts'

/** What has changed and by whom, and what is still to be done. */
export interface RecordTables {
  changes: ChangeRow
  store_epochs: StoreEpochRow
  lost_endings: LostEndingRow
  audit: AuditRow
  audit_keys: AuditKeyRow
  audit_checkpoints: AuditCheckpointRow
  jobs: JobRow
  job_turns: JobTurnRow
  budgets: BudgetRow
  outbox: OutboxRow
  mailbox: MailboxRow
}

interface ChangeRow {
  version: GeneratedAlways<number>
  kind: string
  subject_id: string
  at: number
  /** Random: tells this change from another one that has its version in another life of the store. Empty in old rows. */
  mark: Generated<string>
}

/** A life of the store: it ends when the store is put back to an older state. */
interface StoreEpochRow {
  id: string
  /** From 1, in the order in which they began. */
  number: number
  began_at: number
  cause: 'first-start' | 'restore' | 'went-back'
  /** Which process began it. */
  noticed_by: string
}

/** Something that had ended, or stood in the store, as a gateway knows, and that a restored store does not know of. */
interface LostEndingRow {
  epoch_id: string
  kind: EndingKind
  subject_id: string
  organization_id: string | null
  environment: string | null
  name: string
  /** JSON: what is needed to end it again. */
  detail: string
  /** Host and process of the gateway that told it. */
  gateway: string
  found_at: number
  /** What became of it; null while it waits. */
  outcome: EndingOutcome | null
  settled_at: number | null
}

/** One row of the audit log. */
export interface AuditRow {
  /** Without gaps from 1. */
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
  /** SHA-256 in hex. */
  previous_hash: string
  hash: string
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

export interface JobRow {
  id: string
  kind: string
  /** At most one job of a kind per key. */
  key: string
  run_at: number
  /** Not null while a worker has it, who changes it again and again: it counts, and is no moment. */
  leased_until: number | null
  /** Tells one lease from the one before. */
  attempts: Generated<number>
  last_error: string | null
  created_at: number
  /** The organization on whose behalf it is done; empty where it is for nobody in particular. */
  owner: Generated<string>
  /** Since when it is not tried any more. */
  given_up_at: Generated<number | null>
}

/** When a job of a kind was last begun for an owner: the lowest turn is the next. */
interface JobTurnRow {
  kind: string
  owner: string
  turn: number
}

/** How much of a budget is spent in the time that begins at `start`. */
interface BudgetRow {
  subject: string
  start: number
  spent: number
}

export interface OutboxRow {
  id: string
  /** A letter is written once per key. */
  key: string
  organization_id: string | null
  recipient: string
  subject: string
  body: string
  created_at: number
  sent_at: number | null
  attempts: Generated<number>
  last_error: string | null
  /** Why it is not sent: `budget`, or `undeliverable` after the last attempt; null where it is to be sent. */
  withheld: Generated<string | null>
}

interface MailboxRow {
  id: string
  recipient: string
  sender: string
  subject: string
  body: string
  received_at: number
}
