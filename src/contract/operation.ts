import type { z } from 'zod'
import type { SecondPersonArea } from './confirmation.ts'
import type { ErrorCode } from './error-codes.ts'
import type { Access } from './roles.ts'

/** The HTTP methods that the API uses. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** How far a client may rely on an operation: only additions, or any change with any release. */
export type Stability = 'stable' | 'preview'

/** The end of an operation that is announced. Days are RFC 3339 full-dates, which begin at midnight UTC. */
export interface Deprecation {
  /** From when on the operation is deprecated (RFC 9745). */
  since: string
  /** When it stops answering (RFC 8594); not before `since`. */
  sunset?: string
  /** The id of the operation that takes its place. */
  instead: string
}

/** A reply that is a file to save, in one of these media types. */
interface FileDescription {
  mediaTypes: readonly string[]
}

/** A reply that goes on: server-sent events, each of which fits `events`. */
interface StreamDescription {
  mediaTypes: readonly ['text/event-stream']
  events: z.ZodType
  /** Whether a client can continue after the last event that it has received. */
  resumes: boolean
}

/** One operation of the REST API: its address, who may call it, its input and its output. */
export interface Operation {
  id: string
  summary: string
  /** Defaults to `stable`. */
  stability?: Stability
  deprecation?: Deprecation
  method: Method
  /** Below `/api/v1`; parameters are written `:name`. */
  path: string
  access: Access
  /** Whether a platform operator may call it for any organization, in addition to the members. */
  operatorToo?: boolean
  /** Where the configuration names this area, another operator has to confirm it. */
  secondPerson?: SecondPersonArea
  /** Whether it changes nothing, though its method is not GET: an auditor may call it. */
  readsOnly?: boolean
  /** Whether it answers a user who has to choose a new password first. */
  beforePasswordChange?: boolean
  params?: z.ZodObject
  query?: z.ZodObject
  body?: z.ZodType
  /** The reply's schema, or what it is where it is not JSON; null where it has no body. */
  reply: z.ZodType | FileDescription | StreamDescription | null
  /** Defaults to 200. */
  status?: 200 | 201 | 202 | 204
  /**
   * The operation that reads what this one creates: its answer has `Location` and `ETag`, and its request may have an
   * `Idempotency-Key`.
   */
  creates?: string
  /** The operation that reads what this one changes: its request may have `If-Match`. */
  changes?: string
  /** The member of the reply that the last parameter of the path names; `id` where nothing is said. */
  identifiedBy?: string
  /** While a member of the reply has one of these values it will change by itself: the answer says `Retry-After`. */
  pending?: { member: string; values: readonly string[] }
  /**
   * Whether a user must prove again who they are for each request (`proveStepUp`). A dry run needs no proof. An API key
   * cannot give one, so it may not call the operation.
   */
  stepUp?: true
  /** Codes in addition to those that every operation can answer with. */
  errors?: readonly ErrorCode[]
}

/** Returns whether a reply continues for as long as the client listens. */
export const isLive = (reply: Operation['reply']): boolean => reply !== null && 'events' in reply

/** Keeps the literal types of an operation, so that they type its handlers and clients. */
export function operation<const O extends Operation>(definition: O): O {
  return definition
}

type SchemaOutput<S> = S extends z.ZodType ? z.output<S> : undefined
type SchemaInput<S> = S extends z.ZodType ? z.input<S> : undefined

/** The input of a handler of `O` after the server has checked it. */
export interface Received<O extends Operation> {
  params: SchemaOutput<O['params']>
  query: SchemaOutput<O['query']>
  body: SchemaOutput<O['body']>
}

/** The input that a client of `O` sends. */
export interface Sent<O extends Operation> {
  params: SchemaInput<O['params']>
  query: SchemaInput<O['query']>
  body: SchemaInput<O['body']>
}

/** The reply of `O` on success. */
export type Reply<O extends Operation> = O['reply'] extends z.ZodType ? z.output<O['reply']> : undefined
