import type { Clock } from '../clock.ts'
import { type AuditResult, type Evidence, type VerifyDependencies, verifyAudit } from './verify-audit.ts'

/** The time and the result of the last verification of the audit log. */
export interface AuditWatch {
  last(): { at: number; verdict: AuditResult } | undefined
  /** Verifies again; of two concurrent calls the second gets the result of the first. */
  verify(): Promise<void>
}

/** Creates the record of the last verification; `onProblem` is called each time that there is a problem. */
export function createAuditWatch(
  dependencies: VerifyDependencies & { readEvidence(): Promise<Evidence> },
  clock: Clock,
  onProblem: (result: AuditResult) => void,
): AuditWatch {
  let last: { at: number; verdict: AuditResult } | undefined
  let running: Promise<void> | undefined
  const run = async (): Promise<void> => {
    const result = await verifyAudit(dependencies, await dependencies.readEvidence())
    last = { at: clock.now(), verdict: result }
    if (result.problem !== undefined) onProblem(result)
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
