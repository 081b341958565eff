import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import type { AccessEvent, AccessKind } from '../shapes/access.ts'

type Account = AccessEvent['account']

/** What access is told by. */
export interface AccessWatch {
  /** Who is signed in. */
  findSession(request: FastifyRequest): Promise<{ userId: string; email: string } | undefined>
  /** The account with this e-mail address; nothing where there is none. */
  findAccount(email: string): Promise<Account>
  note(event: AccessEvent): void
}

/** RFC 5321, 4.5.3.1: no address is longer. */
const longestAddress = 254

/**
 * Notes what leaves no trace otherwise: sign-ins that failed, what was denied to somebody, and files that were taken.
 * It looks when the answer has been sent, so that it holds up nothing and its time tells nothing.
 */
export function watchAccess(server: FastifyInstance, watch: AccessWatch): void {
  const byRoute = new Map(
    Object.values<Operation>(operations).map((one) => [`${one.method} /api/v1${one.path}`, one]),
  )
  server.addHook('onResponse', async (request, reply) => {
    const operation = byRoute.get(`${request.method} ${request.routeOptions.url}`)
    const kind = operation && findKind(operation, reply)
    if (operation === undefined || kind === undefined) return
    // An account that cannot be looked up is summed with the unknown ones.
    const account = await findAccount(operation, request, watch).catch(() => undefined)
    const { certificateId } = request.params as { certificateId?: string }
    watch.note({
      kind,
      account,
      origin: request.ip,
      operation: operation.id,
      // What was asked for in vain may be anything.
      ...(kind === 'downloaded' && { certificateId }),
    })
  })
}

function findKind({ id }: Operation, reply: FastifyReply): AccessKind | undefined {
  const { statusCode } = reply
  const asksForPassword = id === 'signIn' || id === 'changePassword'
  if (asksForPassword && (statusCode === 401 || statusCode === 429)) return 'sign_in_failed'
  // The page asks this to learn whether somebody is signed in.
  if (id === 'getSession' && statusCode === 401) return undefined
  if (statusCode === 401 || statusCode === 403 || statusCode === 404) return 'denied'
  const isFile = String(reply.getHeader('content-disposition') ?? '').startsWith('attachment')
  return statusCode === 200 && isFile ? 'downloaded' : undefined
}

async function findAccount(
  { id }: Operation,
  request: FastifyRequest,
  { findSession, findAccount }: AccessWatch,
): Promise<Account> {
  if (id === 'signIn') {
    const { email } = (request.body ?? {}) as { email?: unknown }
    return typeof email === 'string' && email.length <= longestAddress ? findAccount(email) : undefined
  }
  if (request.headers.cookie === undefined) return undefined
  const session = await findSession(request)
  return session && { id: session.userId, name: session.email }
}
