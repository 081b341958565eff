import type { ErrorCode } from '../contract/error-codes.ts'

/** An HTTP answer, with what the activity of the portal tells about it. */
export interface EndpointAnswer {
  status: number
  headers: Record<string, string>
  body: object
  /** Null where it went well. */
  code: ErrorCode | null
  explanation: string | null
  /** A client id that there is, or null: never what else a request had in its place. */
  clientId: string | null
  credentialId: string | null
}
