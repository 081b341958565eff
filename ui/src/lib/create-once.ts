import { ApiError, isDenial } from './api-error.ts'
import { dropKey, takeKey } from './kept-input.ts'

const pauseMs = 700
/** For so long a user waits for an earlier request of the same form. */
const maxWaitMs = 60_000

const carriedOut =
  'Postern carried out an earlier attempt of this form, whose answer did not reach this page. Check the list first. Send the form again only if you need another one.'

const running = new Map<string, { body: string; reply: Promise<unknown> }>()

/**
 * Sends the request of a form that creates something. However often a user sends the form, and whether or not the page
 * was loaded again in between, one thing is created: an equal request while one runs shares its reply, and all requests
 * until one succeeds have the same idempotency key.
 */
export function createOnce<T>(
  form: string,
  body: unknown,
  send: (idempotencyKey: string) => Promise<T>,
): Promise<T> {
  const text = JSON.stringify(body ?? null)
  const other = running.get(form)
  if (other?.body === text) return other.reply as Promise<T>
  const reply = sendUntilKnown(form, send).finally(() => {
    if (running.get(form)?.reply === reply) running.delete(form)
  })
  running.set(form, { body: text, reply })
  return reply
}

/** Sends a request again while an earlier one of the same form, whose reply the page has lost, still runs. */
async function sendUntilKnown<T>(form: string, send: (idempotencyKey: string) => Promise<T>): Promise<T> {
  const key = takeKey(form)
  for (const end = Date.now() + maxWaitMs; ; ) {
    try {
      return await send(key)
    } catch (error) {
      if (isDenial(error, 'idempotency_key_reused', 'idempotency_answer_lost')) {
        // What the user sends after this is meant as a new request.
        dropKey(form)
        const { code, status, traceId } = error
        throw new ApiError({ code, status, traceId, detail: carriedOut })
      }
      if (!isDenial(error, 'idempotency_key_in_use') || Date.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}
