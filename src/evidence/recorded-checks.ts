import { z } from 'zod'
import { toText } from '../shapes/moment.ts'

const Submitted = z.object({
  requestSha256: z.string(),
  checks: z.array(z.string()),
  checkedBy: z.string(),
})

/** The checks of a request in the audit log. */
export interface RecordedChecks {
  /** RFC 3339. */
  at: string
  /** The release that made them. */
  checkedBy: string
  /** SHA-256 of the request, DER, hex. */
  requestSha256: string
  passed: string[]
}

/** Returns the checks in the row of the submission; undefined if no row has any. */
export function readChecks(
  rows: readonly { action: string; at: number; after: string | null }[],
): RecordedChecks | undefined {
  for (const { action, at, after } of rows) {
    if (action !== 'certificate.submitted' || after === null) continue
    const found = Submitted.safeParse(JSON.parse(after))
    if (!found.success) continue
    const { checks: passed, ...rest } = found.data
    return { at: toText(at), ...rest, passed }
  }
  return undefined
}
