/** The result of one round of a fault; each list is empty if there was no problem. */
export interface Outcome {
  /** What had been acknowledged and is missing, or had been revoked and was accepted. */
  lost: string[]
  /** Responses that contradict the documentation. */
  failed: string[]
  /** What took longer than documented. */
  hung: string[]
  /** How long the fault was noticeable, milliseconds, if known. */
  felt?: number | undefined
}

/** A fault that is caused repeatedly, in one Postern or in a new one each time. */
export interface Fault {
  name: string
  /** Returns what it needs that the machine does not have; undefined if it can run. */
  findMissing?(): string | undefined
  /** Causes the fault `rounds` times. */
  run(rounds: number): AsyncGenerator<Outcome>
}

export const noFindings = (): Outcome => ({ lost: [], failed: [], hung: [] })
