/** The plans by which organizations leave the certificates of other CAs. */
export interface MigrationTables {
  migration_plans: MigrationPlanRow
}

/** The plan of an organization in an environment; no row without a decision. */
interface MigrationPlanRow {
  organization_id: string
  environment: string
  /** The time from which externally issued certificates are no longer to be accepted. */
  deadline: number | null
  /** When that time was set. */
  planned_at: number | null
  /** The time from which gateways deny them: null until nothing stands against the deadline. */
  ends_at: number | null
  /** How many recent calls an operator has agreed to deny; null without such a decision. */
  accepted_denied: number | null
  /** The time since which the deadline is postponed, because calls would be denied. */
  postponed_since: number | null
  /** The last reminder, in days before the deadline. */
  reminded_days: number | null
  /** Until when certificates for TLS servers alone are accepted. */
  exception_until: number | null
  /** What the operator writes to the organization. */
  message: string
  /** When a scheduled task has to look at it next; null for never. */
  next_step_at: number | null
  updated_at: number
  updated_by: string
  /** Kind and id of the actor. */
  updated_by_ref: string
}
