import type { Operation, Reply, Sent } from '../../../src/contract/operation.ts'
import { operations } from '../../../src/contract/operations.ts'
import { Problem } from '../../../src/contract/problem.ts'
import { stepUpHeader } from '../../../src/contract/step-up.ts'
import { ApiError } from './api-error.ts'
import { sendForSecondPerson } from './ask-second-person.ts'
import { buildUrl } from './build-url.ts'
import { createOnce } from './create-once.ts'
import { findEntityTag, rememberEntityTag } from './entity-tag.ts'
import { dropForm, nameForm } from './kept-input.ts'
import { sendProven } from './step-up.ts'

type Needed<O extends Operation> = {
  [K in keyof Sent<O> as [Sent<O>[K]] extends [undefined] ? never : K]: Sent<O>[K]
}

/** The input of a call of `O`: its parameters, query and body if it has them, and what else a call may say. */
export type CallInput<O extends Operation> = Needed<O> & {
  /** Aborts it. */
  signal?: AbortSignal
  /** The reply that a user has changed: the call fails with `precondition_failed` if it was changed since. */
  edited?: object
  /** Tells a form from others of the same operation and parameters; false if a call is not sent by a form. */
  form?: string | false
  /** The name of the object, for when the user has to prove again who they are. */
  about?: string
}

interface AnyInput {
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
  signal?: AbortSignal
  edited?: object
  form?: string | false
  about?: string
}

/**
 * Calls the API with the session cookie and returns the response body. Throws an {@link ApiError} for everything else.
 * If the operation needs a step-up proof, the user is asked for it ({@link sendProven}). What a form creates is created
 * once ({@link createOnce}), and the kept input of a form that was sent is removed.
 */
export async function call<const O extends Operation>(operation: O, input: CallInput<O>): Promise<Reply<O>> {
  const given = input as AnyInput
  if (operation.method === 'GET' || given.form === false) return request(operation, given)
  const form = [nameForm(operation, given.params), given.form].filter(Boolean).join(' ')
  const reply: Reply<O> =
    operation.creates === undefined
      ? await request(operation, given)
      : await createOnce(form, given.body, (key) => request(operation, given, key))
  dropForm(form)
  return reply
}

const request = <O extends Operation>(
  operation: O,
  input: AnyInput,
  idempotencyKey?: string,
): Promise<Reply<O>> =>
  sendForSecondPerson(
    operation,
    input,
    () =>
      sendProven(operation, input, {
        send: (proof) => requestOnce(operation, input, { idempotencyKey, proof }),
        begin: (body) => requestOnce(operations.beginStepUp, { body }, plain),
      }),
    (confirmation, body) => requestOnce(confirmation, { body }, plain),
  )

const plain = { idempotencyKey: undefined, proof: undefined }

async function requestOnce<O extends Operation>(
  operation: O,
  { params, query, body, signal, edited }: AnyInput,
  { idempotencyKey, proof }: { idempotencyKey: string | undefined; proof: string | undefined },
): Promise<Reply<O>> {
  const tag = edited && findEntityTag(edited)
  const response = await send(buildUrl(operation, params, query), {
    method: operation.method,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(tag === undefined ? {} : { 'if-match': tag }),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': `"${idempotencyKey}"` }),
      ...(proof === undefined ? {} : { [stepUpHeader]: proof }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  })
  if (!response.ok) throw await toError(response)
  const reply = (response.status === 204 ? undefined : await response.json()) as Reply<O>
  return rememberEntityTag(reply, response.headers.get('etag'))
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
