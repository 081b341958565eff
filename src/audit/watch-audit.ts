import type { Clock } from '../clock.ts'
import { type AuditVerdict, type Evidence, type VerifyParts, verifyAudit } from './verify-audit.ts'

/** The time and the result of the last verification of the audit log. */
export interface AuditWatch {
  last(): { at: number; verdict: AuditVerdict } | undefined
  /** Verifies again; of two concurrent calls the second gets the result of the first. */
  verify(): Promise<void>
}

/** Creates the record of the last verification; `onProblem` is called each time that there is a problem. */
export function createAuditWatch(
  parts: VerifyParts & { readEvidence(): Promise<Evidence> },
  clock: Clock,
  onProblem: (verdict: AuditVerdict) => void,
): AuditWatch {
  let last: { at: number; verdict: AuditVerdict } | undefined
  let running: Promise<void> | undefined
  const run = async (): Promise<void> => {
    const verdict = await verifyAudit(parts, await parts.readEvidence())
    last = { at: clock.now(), verdict }
    if (verdict.problem !== undefined) onProblem(verdict)
  }
  return {
    last: () => last,
    verify() {
      running ??= run().finally(() => {
        running = undefined
      })
      return running
    },
  }
}
