import type { Generated } from 'kysely'
import type { SignalKind } from '../../contract/signal.ts'

/** What may be forgotten in an organization, and what it is found by. Times are milliseconds since 1970. */
export interface SignalTables {
  signals: SignalRow
  signal_cursors: SignalCursorRow
  watched_times: WatchedTimeRow
  watch_gaps: WatchGapRow
  address_monitoring: AddressMonitoringRow
  certificate_networks: CertificateNetworkRow
}

/** One row for each kind and subject. */
interface SignalRow {
  id: string
  organization_id: string
  environment: string
  kind: SignalKind
  /** The ID of a certificate or of a client secret; of a certificate and a network, with a space between. */
  subject: string
  certificate_id: string | null
  credential_id: string | null
  /** The network, or the kind of key; empty for other kinds. */
  detail: string
  /** When it was found, for the last time if it had ended. */
  first_seen_at: number
  /** At most a day older than the last look. */
  last_seen_at: number
  /** When it had ended; null while it holds. */
  resolved_at: number | null
  dismissed_at: number | null
  dismissed_by: string | null
  /** Kind and id of the actor. */
  dismissed_by_ref: string | null
  /** When an email told of it; null until then. */
  told_at: number | null
  /** When webhooks were told. */
  announced_at: number | null
}

/** How far a pass over a list has come. */
interface SignalCursorRow {
  name: string
  /** JSON of the position; null after the end. */
  position: string | null
  began_at: number
}

/** From when on it is known whether the gateways report, and until when: one row. */
interface WatchedTimeRow {
  name: string
  since: number
  until: number
}

/** How long the gateways did not report completely on one day (UTC). */
interface WatchGapRow {
  day: number
  milliseconds: number
}

/** The environments of organizations in which calls from new addresses are found. */
interface AddressMonitoringRow {
  organization_id: string
  environment: string
  since: number
  updated_by: string
  updated_by_ref: string
}

/** The networks from which calls with a certificate were accepted; gateways write it. */
interface CertificateNetworkRow {
  certificate_id: string
  /** `203.0.113.0/24` or `2001:db8:1::/48`. */
  network: string
  first_at: number
  last_at: number
  /** 1 until a scheduled task has looked at it. */
  is_new: Generated<number>
}
