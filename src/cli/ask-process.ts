/** What a supervisor can ask a part. */
export type Question = 'readiness' | 'metrics'
/** A question of the supervisor, which a part answers with the same number. */
export interface Ask {
  ask: number
  question: Question
}
/** The answer of a part. */
export interface Answer {
  answer: number
  value: unknown
}

/**
 * Asks one process over its channel. `send` passes a message on, and calls back with an error if it cannot.
 */
export function createQuestions(send: (message: Ask, onSent: (error: Error | null) => void) => void) {
  const waiting = new Map<number, (value: unknown) => void>()
  let asked = 0

  return {
    /** Returns the answer; undefined if there is none in time. */
    ask(question: Question, milliseconds: number): Promise<unknown> {
      asked += 1
      const number = asked
      return new Promise((resolve) => {
        const timer = setTimeout(() => settle(undefined), milliseconds)
        const settle = (value: unknown): void => {
          clearTimeout(timer)
          waiting.delete(number)
          resolve(value)
        }
        waiting.set(number, settle)
        send({ ask: number, question }, (error) => {
          if (error !== null) settle(undefined)
        })
      })
    },
    /** Takes the answer to a question that still waits. */
    take: ({ answer, value }: Answer): void => waiting.get(answer)?.(value),
    /** Nothing more will be answered. */
    end(): void {
      for (const settle of [...waiting.values()]) settle(undefined)
    },
  }
}
