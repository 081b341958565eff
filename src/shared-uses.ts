/** What a process has used of one limit since it began to count: the number distinguishes a total from an earlier one. */
export type Use = readonly [subject: string, began: number, total: number]

/** The uses that one process reports. Times are those of the store's clock. */
export interface UseReport {
  process: string
  beganAt: number
  uses: readonly Use[]
}

/** The reports of the other processes at a time of the store's clock. */
export interface OtherUses {
  now: number
  others: UseReport[]
}

/** Longer than an exchange is late: a subject is reported for this long after its last use. */
const reportedMs = 30_000
/** After this time without a use a total is forgotten; a later one begins anew. */
const countedMs = 60_000
/** Without an exchange for this long each process limits alone; what others used meanwhile is not charged later. */
const lateMs = 5000
/** For how long totals of others are remembered that they do not report. */
const rememberMs = 300_000

interface Total {
  began: number
  total: number
  reported: number
  usedAt: number
}

interface Known {
  totals: Map<string, { total: number; seenAt: number }>
  seenAt: number
}

/**
 * Counts uses of limits that several processes share: what this process has used, for its report to the others, and what
 * the others have used since their last reports. It keeps and reports `most` subjects at most, first those with the most
 * uses that were not reported; the uses of the others wait.
 */
export function createSharedUses(most = 500, elapsed = () => performance.now()) {
  const own = new Map<string, Total>()
  const processes = new Map<string, Known>()
  let count = 0
  let lastAt = Number.NEGATIVE_INFINITY
  let beganAt: number | undefined

  const forgetOld = (at: number): void => {
    for (const [subject, { usedAt }] of own) if (at - usedAt > countedMs) own.delete(subject)
    for (const [process, { seenAt, totals }] of processes) {
      if (at - seenAt > rememberMs) processes.delete(process)
      for (const [key, { seenAt: last }] of totals) if (at - last > rememberMs) totals.delete(key)
    }
  }
  /** Returns what a process has used since its last report; nothing of one that was there before this one looked. */
  const learnOf = ({ process, beganAt: began, uses }: UseReport, isLate: boolean, at: number) => {
    const known = processes.get(process)
    const isFresh = isLate || (known === undefined && began <= (beganAt ?? began))
    const { totals } = known ?? { totals: new Map() }
    processes.set(process, { totals, seenAt: at })
    return uses.map(([subject, number, total]): [string, number] => {
      const key = `${number} ${subject}`
      const before = totals.get(key)?.total ?? 0
      totals.set(key, { total, seenAt: at })
      return [subject, isFresh ? 0 : Math.max(0, total - before)]
    })
  }

  return {
    /** Counts a use of this process. */
    note(subject: string): void {
      const found = own.get(subject)
      if (found === undefined) count += 1
      const { began, total, reported } = found ?? { began: count, total: 0, reported: 0 }
      own.delete(subject)
      own.set(subject, { began, total: total + 1, reported, usedAt: elapsed() })
      // The longest unused is forgotten, so that no number of subjects takes more memory.
      if (own.size > most * 20) own.delete(own.keys().next().value ?? '')
    },
    /** Returns what this process reports; undefined if nothing is new. */
    report(): readonly Use[] | undefined {
      const at = elapsed()
      forgetOld(at)
      const recent = [...own].filter(([, { usedAt }]) => at - usedAt <= reportedMs)
      if (!recent.some(([, { total, reported }]) => total > reported)) return undefined
      const pending = ([, { total, reported }]: (typeof recent)[number]) => total - reported
      const chosen = recent.toSorted((one, other) => pending(other) - pending(one)).slice(0, most)
      for (const [, entry] of chosen) entry.reported = entry.total
      return chosen.map(([subject, { began, total }]) => [subject, began, total])
    },
    /** Takes in the reports of the others; `now` is the store's time. Returns what they have used since the last time. */
    learn(others: readonly UseReport[], now: number): Map<string, number> {
      const at = elapsed()
      const isLate = at - lastAt > lateMs
      beganAt ??= now
      lastAt = at
      const used = new Map<string, number>()
      for (const report of others)
        for (const [subject, more] of learnOf(report, isLate && processes.has(report.process), at))
          if (more > 0) used.set(subject, (used.get(subject) ?? 0) + more)
      return used
    },
    /** Returns whether the others are not known any more. */
    isAlone: (): boolean => elapsed() - lastAt > lateMs,
  }
}
