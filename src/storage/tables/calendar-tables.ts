/** Calendar feeds of members, and what is said of each certificate in them. */
export interface CalendarTables {
  calendar_feeds: CalendarFeedRow
  calendar_events: CalendarEventRow
}

interface CalendarFeedRow {
  id: string
  organization_id: string
  environment: string
  /** The membership of the user whose feed it is: the feed ends with it, also if the user comes back. */
  member_id: string
  /** SHA-256 of the secret in the address, in base64url. */
  token_sha256: string
  created_at: number
  last_read_at: number | null
}

interface CalendarEventRow {
  certificate_id: string
  /** How often what is said of the certificate has changed (RFC 5545, section 3.8.7.4). */
  sequence: number
  /** SHA-256 of what is said, in base64url. */
  digest: string
  changed_at: number
  /** When the certificate ends. */
  ends_at: number
}
