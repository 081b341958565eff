/** What one round of a fault brought; each list is empty where all was well. */
export interface Outcome {
  /** What had been acknowledged and is not there any more, or what had been revoked and was let in. */
  lost: string[]
  /** What was answered otherwise than the documents say. */
  failed: string[]
  /** What took longer than the documents say. */
  hung: string[]
  /** How long the fault was felt, milliseconds, where that can be told. */
  felt?: number | undefined
}

/** A fault that is brought about again and again under one Postern, or under a new one each time. */
export interface Fault {
  name: string
  /** What of the machine it needs and does not have; nothing where it can run. */
  findMissing?(): string | undefined
  /** Brings the fault about `rounds` times. */
  run(rounds: number): AsyncGenerator<Outcome>
}

export const noFindings = (): Outcome => ({ lost: [], failed: [], hung: [] })
