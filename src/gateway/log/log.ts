/** The operator's log of a gateway, in the shape of pino's logger. */
export interface Log {
  warn(facts: object, sentence: string): void
  error(facts: object, sentence: string): void
}
