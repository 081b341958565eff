import type { Caller } from './caller.ts'
import type { TokenIssuer } from './client.ts'

/** A request to an OAuth endpoint, from a caller who has been let in. */
export interface TokenRequest {
  issuer: TokenIssuer
  caller: Caller
  /** When the certificate of the caller stops being accepted, milliseconds since 1970; null without one. */
  certificateEndsAt: number | null
  clientAddress: string
  /** Milliseconds since 1970. */
  now: number
  headers: {
    authorization?: string | undefined
    'x-api-key'?: string | undefined
    'content-type'?: string | undefined
  }
  /** The client id in the path, where it stands there. */
  pathClientId?: string | undefined
  body: Uint8Array
}
