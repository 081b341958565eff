import type { RetirementMode } from '../../contract/rotation.ts'

/** When old certificates are retired, and whether their silence was watched. */
export interface RotationTables {
  retirement_plans: RetirementPlanRow
  gateway_watches: GatewayWatchRow
  overlap_holds: OverlapHoldRow
}

/** How an old certificate is retired; no row while a person does it. */
interface RetirementPlanRow {
  certificate_id: string
  mode: Exclude<RetirementMode, 'manual'>
  /** The time from which it is retired; null as soon as that is safe. */
  retire_at: number | null
  /** The time since which this is postponed, because calls would be denied. */
  held_since: number | null
  updated_at: number
  updated_by: string
  updated_by_ref: string
}

/** Since when the gateways report without a gap: one row. */
interface GatewayWatchRow {
  name: string
  since: number
  seen_at: number
  /** What ended the time before `since`. */
  reason: string
  /** The sum over all gateways at `seen_at`. */
  rejected_rows: number
}

/** A replaced certificate that was not safe to retire when its overlap ended. */
interface OverlapHoldRow {
  certificate_id: string
  /** The end of the overlap that its contacts were told of. */
  ends_at: number
  since: number
}
