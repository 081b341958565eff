/** The kinds of access that are summed. */
export type AccessKind = 'sign_in_failed' | 'denied' | 'downloaded'

/** An access that changes nothing: a failed sign-in, a denial or a download. */
export interface AccessEvent {
  kind: AccessKind
  /** Undefined if the account does not exist: the claimed name is then never stored. */
  account: { id: string; name: string; kind?: 'api_key' } | undefined
  /** The client address. */
  origin: string
  /** The operation of the API. */
  operation: string
  certificateId?: string | undefined
}
