import type { DenialCode } from './denial-codes.ts'
import type { ErrorCode } from './error-codes.ts'
import type { StartUpCode } from './start-up-codes.ts'

/** The code of any error that Postern throws on purpose. */
export type PosternCode = ErrorCode | DenialCode | StartUpCode
