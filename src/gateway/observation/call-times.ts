/** What is told how long requests take. `status` is undefined if there was no answer. */
export interface CallTimes {
  /** A request of a client has ended. */
  answered(environment: string, status: number | undefined, seconds: number): void
  /** The head of an upstream's answer has arrived, or it is known that there is none. */
  forwarded(environment: string, status: number | undefined, seconds: number): void
}
