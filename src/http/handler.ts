import type { z } from 'zod'
import type { Environment } from '../config/config.ts'
import type { Operation, Received, Reply } from '../contract/operation.ts'
import type { operations } from '../contract/operations.ts'
import type { OperatorRole } from '../contract/roles.ts'
import type { SecondFactor } from '../contract/second-factor.ts'
import type { Actor } from '../shapes/actor.ts'
import type { ApiKeyHolder } from '../shapes/api-key-holder.ts'
import type { Organization } from '../shapes/organization.ts'
import type { StreamMessage } from '../shapes/stream-message.ts'
import type { ClientAddress } from './client-address.ts'

/** The session of a user, or what stands for it where an API key was presented. */
export interface Session {
  userId: string
  email: string
  name: string
  operatorRole: OperatorRole | null
  mustChangePassword: boolean
  /** What proved the sign-in beside the password; null for a password alone. */
  secondFactor: SecondFactor | null
  /** The ID of the organization whose OpenID provider stated a second factor, which counts for it alone; else null. */
  secondFactorFor: string | null
  /**
   * The ID of the organization whose OpenID provider began the session; null for every other sign-in. Such a session
   * reaches this organization alone, and has no platform role.
   */
  signedInBy: string | null
  /** The API key that was presented in place of a session. */
  key?: ApiKeyHolder
}

/** The organization if the path names one; else undefined. */
type Tenant<O extends Operation> = O['path'] extends `/organizations/:organization${string}`
  ? Organization
  : undefined
type Place<O extends Operation> = O['path'] extends
  | `${string}/:environment/${string}`
  | `${string}/:environment`
  ? Environment
  : undefined

/** The input of a handler: the user is authorized, and the input matches the schemas. */
export interface Request<O extends Operation> extends Received<O> {
  actor: Actor
  /** Undefined only if `access` is `anyone`. */
  session: O['access'] extends 'anyone' ? Session | undefined : Session
  organization: Tenant<O>
  environment: Place<O>
  headers: Headers
  client: ClientAddress
  /**
   * Keeps members of the answer that nothing can read again, such as a new secret, so that an equal request gets them
   * too. It is called before the change is made.
   */
  keepSecrets?(secrets: Record<string, unknown>): void
  /** Aborted when the client disconnects. */
  signal: AbortSignal
}

/** A reply that is a file to save. */
export interface FileReply {
  fileName: string
  mediaType: string
  bytes: Uint8Array
}

/** A reply that goes on: each item becomes one server-sent event, `undefined` a comment that keeps it open. */
export interface StreamReply<T = unknown> {
  events: AsyncIterable<StreamMessage<T> | undefined>
}

/** A reply with cookies to set. It is a class, so that no member of a reply is taken for a cookie. */
export class CookieReply<T> {
  readonly cookies: string[]
  readonly body: T

  constructor(cookies: string[], body: T) {
    this.cookies = cookies
    this.body = body
  }
}

type ReplyOf<O extends Operation> = O['reply'] extends { events: z.ZodType }
  ? StreamReply<z.output<O['reply']['events']>>
  : O['reply'] extends { mediaTypes: readonly string[] }
    ? FileReply
    : Reply<O> | CookieReply<Reply<O>>

/** The implementation of one operation. */
export type Handler<O extends Operation> = (request: Request<O>) => Promise<ReplyOf<O>>

/** The implementations of all operations of the API; a missing one does not compile. */
export type Handlers = { [Id in keyof typeof operations]: Handler<(typeof operations)[Id]> }
