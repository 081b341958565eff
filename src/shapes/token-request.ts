import type { TokenIssuer } from './client.ts'
import type { Peer } from './peer.ts'

/** A request to an OAuth endpoint from an accepted client. */
export interface TokenRequest {
  issuer: TokenIssuer
  peer: Peer
  /**
   * When the client's certificate expires or its issuer is retired, milliseconds since 1970; null without
   * one.
   */
  certificateEndsAt: number | null
  clientAddress: string
  /** The W3C trace ID of the answer. */
  traceId: string
  /** Milliseconds since 1970. */
  now: number
  headers: {
    authorization?: string | undefined
    'x-api-key'?: string | undefined
    'content-type'?: string | undefined
  }
  /** The client ID in the path, if it contains one. */
  pathClientId?: string | undefined
  body: Uint8Array
}
