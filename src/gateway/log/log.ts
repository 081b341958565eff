/** Where a gateway writes what operators should know; pino's shape. */
export interface Log {
  warn(facts: object, sentence: string): void
  error(facts: object, sentence: string): void
}
