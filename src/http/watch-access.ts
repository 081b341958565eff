import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorCode } from '../contract/error-codes.ts'
import type { Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import type { AccessEvent, AccessKind } from '../shapes/access.ts'
import { findSentCode } from './send-problem.ts'
import type { NamedRoute } from './serve-scim.ts'

type Account = AccessEvent['account']

/** The dependencies of the access log. */
export interface AccessWatch {
  /** Returns the signed-in user, or the user of an API key. */
  findSession(
    request: FastifyRequest,
  ): Promise<{ userId: string; email: string; key?: { id: string; name: string } } | undefined>
  /** Returns the account with this email address; undefined if there is none. */
  findAccount(email: string): Promise<Account>
  note(event: AccessEvent): void
}

/** Operations that compare a secret of the user. */
const checksSecrets = new Set([
  'signIn',
  'completeSignIn',
  'signInWithPasskey',
  'changePassword',
  'proveStepUp',
])

/** RFC 5321, section 4.5.3.1: no address is longer. */
const maxAddressLength = 254

/**
 * Records what leaves no other trace: failed sign-ins, denials and downloaded files. It runs after the answer
 * has been sent, so that it delays nothing and its timing reveals nothing.
 */
export function watchAccess(server: FastifyInstance, watch: AccessWatch): void {
  const byRoute = new Map(
    Object.values<Operation>(operations).map((one) => [`${one.method} /api/v1${one.path}`, one]),
  )
  server.addHook('onResponse', async (request, reply) => {
    const { name } = (request.routeOptions.config ?? {}) as NamedRoute
    const operation =
      byRoute.get(`${request.method} ${request.routeOptions.url}`) ??
      (name === undefined ? undefined : { id: name })
    const kind = operation && findKind(operation, reply, findSentCode(request))
    if (operation === undefined || kind === undefined) return
    // If the account cannot be looked up, the sign-in is counted among unknown accounts.
    const account = await findAccount(operation, request, watch).catch(() => undefined)
    const { certificateId } = request.params as { certificateId?: string }
    watch.note({
      kind,
      account,
      origin: request.ip,
      operation: operation.id,
      // The id of a failed request may be any text.
      ...(kind === 'downloaded' && { certificateId }),
    })
  })
}

function findKind(
  { id }: Pick<Operation, 'id'>,
  reply: FastifyReply,
  code: ErrorCode | undefined,
): AccessKind | undefined {
  const { statusCode } = reply
  // The password, or the link of a reset, was right.
  if (code === 'second_factor_required') return undefined
  if (checksSecrets.has(id) && (statusCode === 401 || statusCode === 429)) return 'sign_in_failed'
  // The page calls this operation to learn whether the user is signed in.
  if (id === 'getSession' && statusCode === 401) return undefined
  // Every act with a step-up proof begins with this answer.
  if (code === 'step_up_required') return undefined
  if (statusCode === 401 || statusCode === 403 || statusCode === 404) return 'denied'
  const isFile = String(reply.getHeader('content-disposition') ?? '').startsWith('attachment')
  return statusCode === 200 && isFile ? 'downloaded' : undefined
}

async function findAccount(
  { id }: Pick<Operation, 'id'>,
  request: FastifyRequest,
  { findSession, findAccount }: AccessWatch,
): Promise<Account> {
  if (id === 'signIn') {
    const { email } = (request.body ?? {}) as { email?: unknown }
    return typeof email === 'string' && email.length <= maxAddressLength ? findAccount(email) : undefined
  }
  const { cookie, authorization } = request.headers
  if (cookie === undefined && authorization === undefined) return undefined
  const session = await findSession(request)
  if (session?.key !== undefined) return { kind: 'api_key', id: session.key.id, name: session.key.name }
  return session && { id: session.userId, name: session.email }
}
