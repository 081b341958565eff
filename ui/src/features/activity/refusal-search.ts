import type { ErrorCode } from '../../../../src/contract/error-codes.ts'

/** Which refusals are looked at; it stands in the address. */
export interface RefusalSearch {
  code?: ErrorCode
  environment?: string
  organization?: string
}
