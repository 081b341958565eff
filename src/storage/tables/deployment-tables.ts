/** What the processes of one deployment share. */
export interface DeploymentTables {
  failed_attempts: FailedAttemptRow
  portal_uses: UseReportRow
  gateway_uses: UseReportRow
  task_leases: TaskLeaseRow
}

/** The failures of one account, address or device that are not forgotten yet. */
interface FailedAttemptRow {
  /** HMAC of the limit and its key: no row names an account or an address. */
  subject: string
  /** At `at`; they are forgotten at a rate, so that there are fractions. */
  failures: number
  at: number
  /** When the last failure is forgotten. */
  over_at: number
}

/** What one process has used of the limits that all of them share. Times are those of the store's clock. */
interface UseReportRow {
  process: string
  began_at: number
  seen_at: number
  /** JSON: a list of subject, when its total began, and total. */
  uses: string
}

/** Who does the scheduled tasks of the deployment. */
interface TaskLeaseRow {
  name: string
  /** Host, process ID and a random name of the portal process; empty if it gave the lease up. */
  holder: string
  /** Changes while the holder is alive. */
  beat: number
}
