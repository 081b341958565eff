import type { Generated, GeneratedAlways } from 'kysely'
import type { ActivityKind, ActivityView } from '../../contract/activity.ts'
import type { ErrorCode } from '../../contract/error-codes.ts'

/** What the gateways saw, and how they stand. */
export interface TelemetryTables {
  activity: ActivityRow
  usage: UsageRow
  usage_facets: UsageFacetRow
  refusal_hours: RefusalHourRow
  gateways: GatewayRow
  enforcements: EnforcementRow
}

export interface ActivityRow {
  sequence: GeneratedAlways<number>
  /** Names the row across retries, so that a batch written twice counts once. */
  id: string
  at: number
  kind: ActivityKind
  outcome: ActivityView['outcome']
  code: ErrorCode | null
  /** Why it would have been refused, if a certificate were required of the organization. */
  would_be_code: ErrorCode | null
  explanation: string | null
  environment: string
  organization_id: string | null
  /** 1 where the client has proven to be of the organization; 0 where it only named it, or none is known. */
  proven: Generated<number>
  /** What counts as one client: an IPv4 address, or an IPv6 network of 64 bits. */
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
  /** JSON: subject, issuer, serial number and fingerprint of what was presented. */
  presented: string | null
  trace_id: string
}

interface UsageRow {
  certificate_id: string
  /** `minute`, `hour` or `day` (UTC). */
  grain: string
  /** Start of it, milliseconds since 1970. */
  start: number
  handshakes: Generated<number>
  ok: Generated<number>
  redirects: Generated<number>
  client_errors: Generated<number>
  server_errors: Generated<number>
  refusals: Generated<number>
}

interface UsageFacetRow {
  certificate_id: string
  /** Start of the day, UTC. */
  day: number
  kind: 'tls' | 'address'
  value: string
  count: number
  last_at: number
}

/** How often callers were refused for one cause in one hour. */
interface RefusalHourRow {
  hour: number
  environment: string
  /** Empty where it is not known whose caller it was. */
  organization_id: string
  code: ErrorCode
  count: number
  /** How many of them only named the organization. */
  unproven: Generated<number>
  last_at: number
}

interface GatewayRow {
  id: string
  process_id: number
  started_at: number
  seen_at: number
  /** Every change up to this version is in force in the process. */
  confirmed_version: number
  /** In which life of the store that version was given; empty where the gateway has not told. */
  epoch: Generated<string>
  /** By how much its clock was ahead of that of the store when it was last heard of; below 0 behind it. */
  clock_offset_milliseconds: Generated<number>
  host: Generated<string>
  /** Of the program. */
  release: Generated<string>
  /** Open at `seen_at`. */
  connections: Generated<number>
  /** Connections and answers since it started. */
  handshakes: Generated<number>
  answers: Generated<number>
  /** For how long the oldest of what it has not written has been waiting. */
  lag_milliseconds: Generated<number>
  waiting_records: Generated<number>
  /** Since it started. */
  dropped_records: Generated<number>
  rejected_rows: Generated<number>
  /** Number of the newest batch of it that has been written. */
  last_batch: Generated<number>
  /** When it ended in order; null while it runs, and of one that was killed. */
  stopped_at: number | null
}

/** When a gateway process put the revocation of a certificate in force. */
interface EnforcementRow {
  certificate_id: string
  gateway_id: string
  /** By the clock of the gateway. */
  at: number
  /** How many open connections it closed for it. */
  connections: number
}
