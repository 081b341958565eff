/** The answer to an operation, before it is written as its description says. */
export interface Outcome {
  status: number
  headers: Record<string, string>
  result: unknown
}
