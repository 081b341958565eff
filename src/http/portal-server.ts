import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { Actor } from '../audit/record-audit.ts'
import type { Operation } from '../contract/operation.ts'
import { type OperationId, operations } from '../contract/operations.ts'
import { PosternError } from '../errors.ts'
import { actFor } from '../storage/fair-queue.ts'
import { type AccessFacts, authorize } from './authorize.ts'
import { checkInput, InputError } from './check-input.ts'
import { closeInTime } from './close-in-time.ts'
import { toEventStream } from './event-stream.ts'
import type { FileReply, Handlers, Organization, Request, Session, StreamReply } from './handler.ts'
import { limitAttempts } from './limit-attempts.ts'
import { toOpenApi } from './openapi.ts'
import { toProblem } from './problem.ts'
import { refuseCrossSite } from './refuse-cross-site.ts'
import { servePage } from './serve-page.ts'
import { type AccessWatch, watchAccess } from './watch-access.ts'

/** What the portal's server is made of. */
export interface PortalParts {
  handlers: Handlers
  facts: AccessFacts
  findSession(headers: Headers): Promise<Session | undefined>
  portalUrl: string
  /** Told of sign-ins that failed, denials and downloads. */
  access: Omit<AccessWatch, 'findSession'>
  /** Addresses whose X-Forwarded-For is believed. */
  trustedProxies: string[]
  log: FastifyBaseLogger
}

/** The largest request body, bytes. */
const maxBodyBytes = 128 * 1024
const requestsPerMinute = 1200

/** The portal: REST API, its document and the page, behind one door. It listens when told to. */
export async function createPortalServer(parts: PortalParts): Promise<FastifyInstance> {
  const server: FastifyInstance = Fastify({
    loggerInstance: parts.log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: parts.trustedProxies,
    bodyLimit: maxBodyBytes,
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
  })
  const https = parts.portalUrl.startsWith('https:')
  await server.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        frameAncestors: ["'none'"],
        formAction: ["'self'"],
        upgradeInsecureRequests: https ? [] : null,
      },
    },
    strictTransportSecurity: https,
    referrerPolicy: { policy: 'same-origin' },
  })
  await server.register(rateLimit, { max: requestsPerMinute, timeWindow: '1 minute' })
  closeInTime(server)
  server.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store')
    refuseCrossSite(request, parts.portalUrl)
  })
  server.setErrorHandler((error, request, reply) => sendProblem(error, request, reply))
  server.get('/healthz', async () => ({ status: 'ok' }))
  const document = toOpenApi(parts.portalUrl)
  server.get('/api/v1/openapi.json', async () => document)
  const attempts = limitAttempts(server)
  for (const operation of Object.values<Operation>(operations))
    addOperation(server, operation, parts, attempts)
  server.all('/api/*', async () => {
    throw new PosternError(
      'not_found',
      'The API has no such address. Its document is at /api/v1/openapi.json.',
    )
  })
  const findSession = (request: FastifyRequest) => parts.findSession(toHeaders(request))
  watchAccess(server, { ...parts.access, findSession })
  await servePage(server)
  return server
}

function addOperation(
  server: FastifyInstance,
  operation: Operation,
  parts: PortalParts,
  attempts: ReturnType<typeof limitAttempts>,
): void {
  const handler = parts.handlers[operation.id as OperationId] as unknown as (
    request: Request<Operation>,
  ) => Promise<unknown>
  server.route({
    method: operation.method,
    url: `/api/v1${operation.path}`,
    preHandler: operation.errors?.includes('too_many_requests') ? [attempts] : [],
    handler: async (request, reply) => {
      const admitted = await admit(operation, request, parts)
      const { organization, actor } = admitted as { organization?: Organization; actor: Actor }
      const who = organization?.id ?? actor.id
      await sendReply(operation, await actFor(who, () => handler(admitted)), reply)
      return reply
    },
  })
}

async function admit(
  operation: Operation,
  request: FastifyRequest,
  parts: PortalParts,
): Promise<Request<Operation>> {
  const headers = toHeaders(request)
  const session = await parts.findSession(headers)
  const params = request.params as Record<string, string>
  const { organization, environment } = await authorize(parts.facts, operation, session, params)
  const gone = new AbortController()
  request.raw.once('close', () => gone.abort())
  return {
    actor: {
      kind: 'person',
      id: session?.userId ?? 'nobody',
      name: session?.email ?? 'nobody',
      origin: request.ip,
    },
    session,
    organization,
    environment,
    params: checkParams(operation, params),
    query: checkInput(operation.query, request.query),
    body: checkInput(operation.body, request.body),
    headers,
    signal: gone.signal,
  } as Request<Operation>
}

/** An identifier of the wrong shape names nothing, so it is answered like one that does not exist. */
function checkParams(operation: Operation, params: Record<string, string>): unknown {
  try {
    return checkInput(operation.params, params)
  } catch {
    throw new PosternError('not_found', 'There is nothing here, or nothing that you may see.')
  }
}

async function sendReply(operation: Operation, result: unknown, reply: FastifyReply): Promise<void> {
  reply.status(operation.status ?? 200)
  if (isCookieReply(result)) {
    reply.header('set-cookie', result.cookies)
    await reply.send(result.body)
  } else if (isStream(result)) {
    reply.header('content-type', 'text/event-stream').header('x-accel-buffering', 'no')
    await reply.send(Readable.from(toEventStream(result.events)))
  } else if (isFile(result)) {
    reply.header('content-type', result.mediaType)
    reply.header('content-disposition', `attachment; filename="${result.fileName}"`)
    await reply.send(Buffer.from(result.bytes))
  } else {
    await reply.send(result)
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const isCookieReply = (value: unknown): value is { cookies: string[]; body: unknown } =>
  isObject(value) && 'cookies' in value
const isStream = (value: unknown): value is StreamReply => isObject(value) && 'events' in value
const isFile = (value: unknown): value is FileReply =>
  isObject(value) && 'bytes' in value && 'mediaType' in value

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error, request.id, error instanceof InputError ? error.fields : undefined)
  const facts = {
    traceId: request.id,
    code: problem.code,
    path: request.routeOptions.url,
    method: request.method,
  }
  if (problem.status >= 500) request.log.error({ ...facts, err: error }, 'request failed')
  else request.log.info(facts, 'request refused')
  if (error instanceof PosternError && error.retryAfterSeconds !== undefined)
    reply.header('retry-after', error.retryAfterSeconds)
  return reply.status(problem.status).type('application/problem+json').send(problem)
}

function toHeaders(request: FastifyRequest): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return headers
}
