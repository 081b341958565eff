import type { Operation, Reply, Sent } from '../../../src/contract/operation.ts'
import { Problem } from '../../../src/contract/problem.ts'
import { ApiError } from './api-error.ts'
import { buildUrl } from './build-url.ts'

type Needed<O extends Operation> = {
  [K in keyof Sent<O> as [Sent<O>[K]] extends [undefined] ? never : K]: Sent<O>[K]
}

/**
 * The input of a call of `O`: its parameters, query and body if it has them, a signal that aborts it, and the entity
 * tag of what it may change.
 */
export type CallInput<O extends Operation> = Needed<O> & { signal?: AbortSignal; ifMatch?: string | null }

/**
 * Calls the API with the session cookie and returns the response body. Throws an {@link ApiError} for
 * everything else.
 */
export const call = async <const O extends Operation>(operation: O, input: CallInput<O>): Promise<Reply<O>> =>
  (await callTagged(operation, input)).reply

/** Calls the API as {@link call} does, and returns the response body with its entity tag. */
export async function callTagged<const O extends Operation>(
  operation: O,
  input: CallInput<O>,
): Promise<{ reply: Reply<O>; etag: string | null }> {
  const { params, query, body, signal, ifMatch } = input as {
    params?: Record<string, unknown>
    query?: Record<string, unknown>
    body?: unknown
    signal?: AbortSignal
    ifMatch?: string | null
  }
  const response = await send(buildUrl(operation, params, query), {
    method: operation.method,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(ifMatch ? { 'if-match': ifMatch } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  })
  if (!response.ok) throw await toError(response)
  const reply = (response.status === 204 ? undefined : await response.json()) as Reply<O>
  return { reply, etag: response.headers.get('etag') }
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, credentials: 'same-origin', cache: 'no-store' })
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiError({
      code: 'unreachable',
      status: 0,
      detail: 'Postern did not answer. Check your connection and try again. Nothing on this page is lost.',
    })
  }
}

/**
 * Reads an error response. A proxy may respond in its own format, so the body is checked before it is used as
 * a problem document.
 */
async function toError(response: Response): Promise<ApiError> {
  const problem = Problem.safeParse(await response.json().catch(() => undefined))
  if (problem.success) return new ApiError(problem.data)
  return new ApiError({
    code: 'unavailable',
    status: response.status,
    detail: `Postern is not available at the moment (HTTP ${response.status}). Try again in a minute.`,
  })
}
