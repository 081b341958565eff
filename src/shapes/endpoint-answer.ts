import type { DenialCode } from '../contract/denial-codes.ts'

/** An HTTP response, with its details for the activity of the portal. */
export interface EndpointAnswer {
  status: number
  headers: Record<string, string>
  body: object
  /** Null on success. */
  code: DenialCode | null
  explanation: string | null
  /** A known client ID, or null: never another value that the request contained. */
  clientId: string | null
  credentialId: string | null
}
