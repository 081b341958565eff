import { isDryRun } from '../../../src/contract/dry-run.ts'
import type { Operation } from '../../../src/contract/operation.ts'
import type { StepUpAct, StepUpChallenge, StepUpMethodName } from '../../../src/contract/step-up.ts'
import { ApiError, isDenial } from './api-error.ts'

/** The user did not confirm who they are: nothing was done, and there is nothing to tell them. */
export class StepUpCancelled extends Error {
  override name = 'StepUpCancelled'
}

/** What a user is asked to confirm. */
export interface StepUpQuestion {
  act: StepUpAct
  operation: Operation
  /** The name of the object. */
  about: string | undefined
  /** The methods that are accepted of the user. */
  methods: StepUpMethodName[]
  /** Called with the token of the proof. */
  onProven(token: string): void
  onCancel(): void
}

let waiting: readonly StepUpQuestion[] = []
const listeners = new Set<() => void>()

/** Calls `listener` when {@link findStepUpQuestion} may return another question; returns what ends that. */
export function subscribeToStepUp(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Returns the question that waits for the user. */
export const findStepUpQuestion = (): StepUpQuestion | undefined => waiting[0]

function setWaiting(next: readonly StepUpQuestion[]): void {
  waiting = next
  for (const listener of listeners) listener()
}

function ask(given: Omit<StepUpQuestion, 'onProven' | 'onCancel'>): Promise<string> {
  return new Promise((resolve, reject) => {
    const close = () => setWaiting(waiting.filter((other) => other !== question))
    const question: StepUpQuestion = {
      ...given,
      onProven(token) {
        close()
        resolve(token)
      },
      onCancel() {
        close()
        reject(new StepUpCancelled('The user did not confirm who they are.'))
      },
    }
    setWaiting([...waiting, question])
  })
}

/** Tokens of requests that were refused for another reason: they are still valid. */
const unused = new Map<string, string>()

/** What of a request says for what a proof must be. */
interface Given {
  params?: Record<string, unknown> | undefined
  body?: unknown
  /** The name of the object. */
  about?: string | undefined
}

/** How the page talks to the server about one act. */
interface Exchange<T> {
  /** Sends the request, with the token of a proof if there is one. */
  send(token?: string): Promise<T>
  /** Asks how the user can prove who they are. */
  begin(act: StepUpAct): Promise<StepUpChallenge>
}

/**
 * Sends a request. If it needs a step-up proof, by the contract or by the answer, asks the user for one and sends it
 * with the token. A proof that was not used up serves the next attempt. Throws {@link StepUpCancelled} if the user gives
 * none, and what `begin` throws, such as `second_person_required`.
 */
export async function sendProven<T>(
  operation: Operation,
  { params = {}, body, about }: Given,
  exchange: Exchange<T>,
): Promise<T> {
  // The page knows before the server says so: a request that is refused would be a message in the console.
  if (operation.stepUp && !isDryRun(body)) {
    const values = Object.entries(params).map(([name, value]) => [name, String(value)])
    const act = { operationId: operation.id, pathParameters: Object.fromEntries(values) }
    return sendWithToken({ act, operation, about }, exchange)
  }
  try {
    return await exchange.send()
  } catch (error) {
    const act = error instanceof ApiError ? error.stepUp : undefined
    if (act === undefined) throw error
    return sendWithToken({ act, operation, about }, exchange)
  }
}

async function sendWithToken<T>(
  question: Omit<Parameters<typeof ask>[0], 'methods'>,
  exchange: Exchange<T>,
): Promise<T> {
  const name = JSON.stringify(question.act)
  const known = unused.get(name)
  unused.delete(name)
  const token = known ?? (await ask({ ...question, methods: (await exchange.begin(question.act)).methods }))
  try {
    return await exchange.send(token)
  } catch (error) {
    if (!isDenial(error, 'step_up_invalid')) unused.set(name, token)
    else if (known !== undefined) return sendWithToken(question, exchange)
    throw error
  }
}
