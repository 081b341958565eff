/** The operator's log of a gateway, in the shape of pino's logger. */
export interface Log {
  /** Absent where only problems are wanted. */
  info?(details: object, sentence: string): void
  warn(details: object, sentence: string): void
  error(details: object, sentence: string): void
}
