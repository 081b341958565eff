/** The end of the audit log when it was signed. */
interface Head {
  sequence: number
  hash: string
}

/** What a gateway reads of the audit log. */
export interface AuditHeads {
  /** Returns the latest checkpoint of the store. */
  findHead(): Promise<Head | undefined>
  /** Returns the hash of one row; undefined if it does not exist. */
  findHash(sequence: number): Promise<string | undefined>
}

const everyMs = 30_000

/**
 * Remembers the latest checkpoint that this process has seen, outside the store, and reports once if the log no
 * longer has it: the log was truncated or rewritten, or the store was restored from a backup. Errors of `heads` go
 * to `onFailed`. Returns the function that stops the watch.
 */
export function watchAuditHead(
  heads: AuditHeads,
  { onProblem, onFailed }: { onProblem: (sentence: string) => void; onFailed: (error: unknown) => void },
): () => void {
  let known: Head | undefined
  const look = async (): Promise<void> => {
    const head = await heads.findHead()
    if (known !== undefined) {
      const hash = await heads.findHash(known.sequence)
      const isGone = (head?.sequence ?? 0) < known.sequence
      if (hash !== known.hash || isGone) {
        onProblem(describe(known, hash, isGone))
        known = head
        return
      }
    }
    if (head !== undefined && (await heads.findHash(head.sequence)) === head.hash) known = head
  }
  const timer = setInterval(() => void look().catch(onFailed), everyMs)
  timer.unref()
  look().catch(onFailed)
  return () => clearInterval(timer)
}

function describe({ sequence, hash }: Head, now: string | undefined, isGone: boolean): string {
  const what =
    now === undefined
      ? 'the audit log ends before it'
      : isGone && now === hash
        ? 'its checkpoint was deleted'
        : 'another row stands in its place'
  return `This gateway has seen a signed checkpoint of row ${sequence} of the audit log (${hash}), and now ${what}. Compare the log with the checkpoints outside the store: postern audit verify.`
}
