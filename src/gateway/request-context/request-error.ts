import type { DenialCode } from '../../contract/denial-codes.ts'
import { PosternError } from '../../errors.ts'

/** A denied request with the fields that belong to its answer, such as `Allow` (RFC 9110, 15.5.6). */
export class RequestError extends PosternError {
  declare readonly code: DenialCode
  readonly headers: Readonly<Record<string, string>>

  constructor(code: DenialCode, message: string, headers: Readonly<Record<string, string>>) {
    super(code, message)
    this.headers = headers
  }
}
