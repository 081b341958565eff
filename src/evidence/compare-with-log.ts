import { createHash } from 'node:crypto'
import { z } from 'zod'
import { ActorView } from '../contract/actor.ts'
import { keyKinds } from '../contract/environment.ts'
import { PosternError } from '../errors.ts'
import { checkCertificateRequest } from '../pki/request/check-request.ts'
import type { ProvenRow } from './audit-proof.ts'
import { readChecks } from './recorded-checks.ts'

/** The compared files of a pack. */
interface PackFiles {
  files: Record<string, Uint8Array>
  text(name: string): string
}

const Checks = z.object({
  at: z.string(),
  checkedBy: z.string(),
  requestSha256: z.string(),
  passed: z.array(z.string()),
})
const Decision = z.object({ by: ActorView, approved: z.boolean(), reason: z.string() })

/**
 * Checks that the pack's checks match the audit log for the same request, and that this release accepts the
 * request too, apart from policy and other keys. Returns the problem, or undefined.
 */
export async function compareChecks(
  { files, text }: PackFiles,
  rows: readonly ProvenRow[],
): Promise<string | undefined> {
  const recorded = readChecks(rows)
  if (recorded === undefined)
    return files['checks.json'] === undefined ? undefined : 'the log has no checks of this request'
  const told = Checks.parse(JSON.parse(text('checks.json')))
  if (JSON.stringify(told) !== JSON.stringify(Checks.parse(recorded))) return 'the log has others'
  try {
    const { der } = await checkCertificateRequest(text('request.csr'), keyKinds)
    const isSame = createHash('sha256').update(der).digest('hex') === recorded.requestSha256
    return isSame ? undefined : 'the log has them of another request'
  } catch (error) {
    if (error instanceof PosternError) return `this release rejects the request: ${error.code}`
    throw error
  }
}

/**
 * Checks that the pack's decision is in the audit log, and that the log has no other. Returns the problem, or
 * undefined.
 */
export function compareDecision({ files, text }: PackFiles, rows: readonly ProvenRow[]): string | undefined {
  const row = rows.findLast(({ action }) => /^certificate\.(approved|rejected)$/.test(action))
  if (files['decision.json'] === undefined)
    return row === undefined ? undefined : 'the pack does not tell of the decision in the log'
  if (row === undefined) return 'the log has no decision'
  const { by, approved, reason } = Decision.parse(JSON.parse(text('decision.json')))
  const after = row.after === null ? {} : JSON.parse(row.after)
  const isSame =
    by.label === row.actor_name &&
    (by.id === null || by.id === row.actor_id) &&
    approved === (row.action === 'certificate.approved') &&
    reason === (after.reason ?? '')
  return isSame ? undefined : 'the log has another'
}
