/** Which gateway events are shown; stored in the URL. */
export interface ActivitySearch {
  outcome?: 'allowed' | 'denied'
  /** The name of a certificate. */
  certificate?: string
  /** The cause of a denial. */
  code?: string
  /** The HTTP status, as typed. */
  status?: string
  traceId?: string
}
