/** The operator's log of a gateway, in the shape of pino's logger. */
export interface Log {
  warn(details: object, sentence: string): void
  error(details: object, sentence: string): void
}
