import type { ErrorCode } from '../../../../src/contract/error-codes.ts'

/** Which denied requests are shown; stored in the URL. */
export interface DenialSearch {
  code?: ErrorCode
  environment?: string
  organization?: string
}
