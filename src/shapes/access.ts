/** Which access is summed. */
export type AccessKind = 'sign_in_failed' | 'denied' | 'downloaded'

/** Something that somebody tried or took, and that changes nothing. */
export interface AccessEvent {
  kind: AccessKind
  /** Nothing where it is no account of this store: what was tried is then never kept. */
  account: { id: string; name: string } | undefined
  /** The address that it came from. */
  origin: string
  /** The operation of the API. */
  operation: string
  certificateId?: string | undefined
}
