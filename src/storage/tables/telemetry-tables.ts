import type { Generated, GeneratedAlways } from 'kysely'
import type { ActivityKind } from '../../contract/activity.ts'
import type { ActivityRecord, FacetKind } from '../../contract/usage-batch.ts'

/** The events of the gateways, and their status. */
export interface TelemetryTables {
  activity: ActivityRow
  usage: UsageRow
  organization_usage: OrganizationUsageRow
  usage_facets: UsageFacetRow
  refusal_hours: DenialHourRow
  gateways: GatewayRow
  enforcements: EnforcementRow
}

export interface ActivityRow {
  sequence: GeneratedAlways<number>
  /** Identifies the row across retries, so that a batch that is written twice counts once. */
  id: string
  at: number
  kind: ActivityKind
  outcome: ActivityRecord['outcome']
  /** A gateway of a later release may have written another code than those of this one. */
  code: string | null
  /** The code of the denial if the organization were required to use a certificate. */
  would_be_code: string | null
  explanation: string | null
  environment: string
  organization_id: string | null
  /** 1 if the client has proven its organization; 0 if it only claimed it, or if it is unknown. */
  proven: Generated<number>
  /** The unit of one client: an IPv4 address, or an IPv6 /64 network. */
  source: Generated<string>
  certificate_id: string | null
  credential_id: string | null
  client_id: string | null
  method: string | null
  path: string | null
  status: number | null
  tls_version: string | null
  cipher: string | null
  resumed: number
  client_address: string
  server_name: string | null
  /** JSON: subject, issuer, serial number and fingerprint of the presented certificate. */
  presented: string | null
  trace_id: string
}

interface UsageRow {
  certificate_id: string
  /** `minute`, `hour` or `day` (UTC). */
  grain: string
  /** Its start, milliseconds since 1970. */
  start: number
  handshakes: Generated<number>
  ok: Generated<number>
  redirects: Generated<number>
  client_errors: Generated<number>
  server_errors: Generated<number>
  refusals: Generated<number>
}

/** The use of an organization in an environment: the sum of its certificates and of calls without one. */
interface OrganizationUsageRow extends Omit<UsageRow, 'certificate_id'> {
  organization_id: string
  environment: string
  /** How many of the denied requests only claimed the organization. */
  unproven: Generated<number>
}

interface UsageFacetRow {
  certificate_id: string
  /** Start of the day, UTC; of the hour for `token`. */
  day: number
  kind: FacetKind
  value: string
  count: number
  last_at: number
}

/** How often requests were denied for one cause in one hour. */
interface DenialHourRow {
  hour: number
  environment: string
  /** Empty if the organization is unknown. */
  organization_id: string
  code: string
  count: number
  /** How many of them only claimed the organization. */
  unproven: Generated<number>
  last_at: number
}

interface GatewayRow {
  id: string
  process_id: number
  started_at: number
  seen_at: number
  /** The process has applied every change up to this version. */
  confirmed_version: number
  /** The store epoch in which that version was assigned; empty if the gateway has not reported it. */
  epoch: Generated<string>
  /** How far its clock was ahead of the store's when it was last seen; negative if behind. */
  clock_offset_milliseconds: Generated<number>
  host: Generated<string>
  /** Version of the program. */
  release: Generated<string>
  /** Open at `seen_at`. */
  connections: Generated<number>
  /** Connections and answers since it started. */
  handshakes: Generated<number>
  answers: Generated<number>
  /** Age of its oldest unwritten record. */
  lag_milliseconds: Generated<number>
  waiting_records: Generated<number>
  /** Since it started. */
  dropped_records: Generated<number>
  rejected_rows: Generated<number>
  /** Number of its latest written batch. */
  last_batch: Generated<number>
  /** When it stopped normally; null while it runs, and for a killed process. */
  stopped_at: number | null
}

/** When a gateway process applied the revocation of a certificate. */
interface EnforcementRow {
  certificate_id: string
  gateway_id: string
  /** By the clock of the gateway. */
  at: number
  /** How many open connections it closed. */
  connections: number
}
