import type { Generated } from 'kysely'

/** What expires, and which letters about it were written. */
export interface ExpiryTables {
  expiry_plans: ExpiryPlanRow
  expiry_steps: ExpiryStepRow
  expiry_letters: ExpiryLetterRow
}

interface ExpiryPlanRow {
  /** The ID of a certificate; for what operators keep, its kind and a name. */
  id: string
  /** `certificate`, or what operators keep. A later release may know more. */
  kind: string
  /** As operators know it; empty for a certificate, which has its own. */
  name: Generated<string>
  /** Null for what operators keep. */
  organization_id: string | null
  /** When it expires; with another time the plan begins anew. */
  not_after: number
  /** When it was issued: no step is before. */
  began_at: number
  /** When to look at it next; null once there is nothing more to tell. */
  due_at: number | null
}

interface ExpiryStepRow {
  id: string
  plan_id: string
  not_after: number
  /** How many days before the end; negative after it. */
  days: number
  organization_id: string | null
  due_at: number
  /** When it was recorded. */
  at: number
  state: 'told' | 'skipped'
  /** Why it was skipped. */
  reason: string | null
  /** 1 until the operators have been told of it, if they are to be. */
  for_operators: Generated<number>
}

/** The email that tells of a step; it is deleted with the email. */
interface ExpiryLetterRow {
  outbox_id: string
  plan_id: string
  days: number
  /** Why the recipient gets it. */
  role: string
  /** 1 once somebody else was looked for, since the email is undeliverable. */
  redirected: Generated<number>
}
