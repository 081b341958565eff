/** What can be wrong with a process; systems of the operator compare these codes. */
export type ProblemCode =
  | 'starting'
  | 'draining'
  | 'not_responding'
  | 'store_unreachable'
  | 'change_log_behind'
  | 'notifications_missing'
  | 'replica_behind'
  | 'clock_wrong'
  | 'signer_unavailable'
  | 'signing_key_missing'
  | 'crl_expired'
  | 'ocsp_responder_expired'
  | 'server_certificate_expired'
  | 'journal_unwritable'
  | 'journal_incomplete'
  | 'store_held'
  | 'audit_export_behind'

/** What is wrong with a process. */
export interface Problem {
  code: ProblemCode
  /** Whether the process should get no more work: it is better done elsewhere, or not at all. */
  isBlocking: boolean
}

/** One thing that a process looks at before it says that it is ready. */
export interface Check {
  /** Returns what is wrong. */
  find(): readonly Problem[] | Promise<readonly Problem[]>
  /** What is said if `find` throws or takes too long; its last answer if this is undefined. */
  whenUnknown?: Problem
  /** For how long an answer is used again, milliseconds; a second if it is undefined. */
  maxAgeMs?: number
}

/** The state of one process, as it is told to those who ask. */
export interface Readiness {
  /** Returns all problems; takes a second at most. */
  list(): Promise<Problem[]>
  /** The process is going to stop. */
  drain(): void
}

const patienceMs = 1000
const usualAgeMs = 1000

/**
 * Creates the readiness of a process. Nothing is looked at unless someone asks, each check runs once at a
 * time, and its answer serves all who ask within a second: asking often costs nothing.
 */
export function createReadiness(checks: readonly Check[], patience = patienceMs): Readiness {
  const asks = checks.map((check) => createAsk(check, patience))
  let isDraining = false
  return {
    async list() {
      const problems = (await Promise.all(asks.map((ask) => ask()))).flat()
      return isDraining ? [{ code: 'draining', isBlocking: true }, ...problems] : problems
    },
    drain() {
      isDraining = true
    },
  }
}

function createAsk({ find, whenUnknown, maxAgeMs = usualAgeMs }: Check, patience: number) {
  let last: readonly Problem[] = []
  let askedAt = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined

  const look = async (): Promise<void> => {
    try {
      last = await find()
    } catch {
      if (whenUnknown !== undefined) last = [whenUnknown]
    }
    askedAt = performance.now()
    running = undefined
  }
  return async (): Promise<readonly Problem[]> => {
    if (running === undefined && performance.now() - askedAt < maxAgeMs) return last
    running ??= look()
    const late = await isLate(running, patience)
    return late && whenUnknown !== undefined ? [whenUnknown] : last
  }
}

function isLate(work: Promise<void>, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), milliseconds)
    void work.then(() => {
      clearTimeout(timer)
      resolve(false)
    })
  })
}
