import helmet from '@fastify/helmet'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import { isLive, type Operation } from '../contract/operation.ts'
import { type OperationId, operations } from '../contract/operations.ts'
import { portalCookieName } from '../contract/portal-cookie.ts'
import { PosternError } from '../errors.ts'
import type { Actor } from '../shapes/actor.ts'
import type { Organization } from '../shapes/organization.ts'
import { actFor } from '../storage/fair-queue.ts'
import type { Tracer } from '../tracing/span.ts'
import { type Authentication, findBearer } from './authenticate.ts'
import { type AccessDetails, authorize } from './authorize.ts'
import { checkInput, checkParams, unexpectedBody } from './check-input.ts'
import { getClientAddress } from './client-address.ts'
import {
  createListener,
  type ListenerLimits,
  readMethods,
  rejectOddTargets,
  rejectOtherMethods,
} from './create-listener.ts'
import { toDeprecationHeaders } from './deprecation-headers.ts'
import { endWithSession } from './end-with-session.ts'
import type { DescribedEnvironment } from './gateway-openapi.ts'
import type { Handlers, Request, Session } from './handler.ts'
import type { PrincipalLimit } from './limit-principals.ts'
import { limitRequests } from './limit-requests.ts'
import { createStreamLimit, type StreamLimit } from './limit-streams.ts'
import { possibleErrors } from './possible-errors.ts'
import { rejectCrossSite } from './reject-cross-site.ts'
import { type AnyRequest, type RunDependencies, runOperation } from './run-operation.ts'
import { answerHeaders, permissionsPolicy, securityHeaders } from './security-headers.ts'
import type { ErrorRoute } from './send-problem.ts'
import { sendReply, streamHeaders } from './send-reply.ts'
import { calendarPath, serveCalendar } from './serve-calendar.ts'
import { createDocuments, type Documents, serveDocuments } from './serve-documents.ts'
import { servePage } from './serve-page.ts'
import { type ScimEndpoint, serveScim } from './serve-scim.ts'
import {
  serveUnsubscription,
  type Unsubscribe,
  unsubscriptionMethods,
  unsubscriptionPath,
} from './serve-unsubscription.ts'
import { createListTurns } from './take-list-turns.ts'
import { type RequestTimes, timeRequests } from './time-requests.ts'
import { traceRequests } from './trace-requests.ts'
import { type AccessWatch, watchAccess } from './watch-access.ts'

/** The dependencies of the portal's server. */
export interface PortalDependencies extends RunDependencies {
  handlers: Handlers
  details: AccessDetails
  authentication: Authentication
  /** Counts the requests of users and of API keys. */
  principals: PrincipalLimit
  /** The calls of SCIM. */
  scim: readonly ScimEndpoint[]
  /** Returns the calendar with this secret; undefined if there is none. */
  readCalendar(token: string): Promise<string | undefined>
  unsubscribe: Unsubscribe
  portalUrl: string
  /** Of the documents of gateways. */
  environments: readonly DescribedEnvironment[]
  /** Receives failed sign-ins, denials and downloads. */
  access: Omit<AccessWatch, 'findSession'>
  /** Undefined if nobody asks how requests end. */
  times: RequestTimes | undefined
  /** Undefined if no traces are recorded. */
  tracer: Tracer | undefined
  /** Whether balancers may send requests to this process. */
  isReady(): Promise<boolean>
  /** Returns whether the X-Forwarded-For of an address is trusted. */
  isTrustedProxy(address: string): boolean
  limits: ListenerLimits
  log: FastifyBaseLogger
}

/** The largest request body, bytes. */
const maxBodyBytes = 128 * 1024
const rules = { slashesInSegments: false }
/** Whose API key a request had, for the record of it after the answer. */
const keyUsers = new WeakMap<FastifyRequest, Session>()

/**
 * Creates the portal: REST API, its document and the user interface behind the same checks. It does not
 * listen yet.
 */
export async function createPortalServer(dependencies: PortalDependencies): Promise<FastifyInstance> {
  const { log, limits, portalUrl } = dependencies
  const server = createListener({
    ...rules,
    ...{ log, limits, portalUrl, trustProxy: dependencies.isTrustedProxy },
    ...{ bodyLimit: maxBodyBytes, maxParamLength: 200 },
  })
  if (dependencies.tracer !== undefined) traceRequests(server, dependencies.tracer)
  // Only JSON is read: a form of another site can send plain text without a preflight request.
  server.removeContentTypeParser(['text/plain', 'application/json'])
  readJson(server)
  await server.register(helmet, securityHeaders(portalUrl))
  server.addHook('onRequest', async (_, reply) => {
    reply.header('permissions-policy', permissionsPolicy)
  })
  const { perMinute } = dependencies.principals
  await limitRequests(server, {
    ...{ log, portalUrl, perMinute, identifySession: dependencies.authentication.identify },
  })
  rejectOddTargets(server, rules)
  server.addHook('onRequest', async (request) => rejectCrossSite(request, portalUrl))
  server.get('/healthz', { helmet: answerHeaders }, async () => ({ status: 'ok' }))
  server.get('/readyz', { helmet: answerHeaders }, async (_, reply) => {
    const isReady = await dependencies.isReady()
    return reply.status(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not_ready' })
  })
  const documents = createDocuments(portalUrl, dependencies.environments)
  serveDocuments(server, documents)
  const streams = createStreamLimit(limits.total)
  const listTurns = createListTurns()
  for (const operation of Object.values<Operation>(operations))
    addOperation(server, operation, { ...dependencies, streams, listTurns })
  serveCalendar(server, dependencies.readCalendar)
  rejectOtherMethods(server, methodsByPath(documents), answerHeaders)
  server.all('/api/*', { helmet: answerHeaders }, async () => {
    throw new PosternError(
      'not_found',
      'The API has no such address. Its document is at /api/v1/openapi.json.',
    )
  })
  const findSession = async (request: FastifyRequest) =>
    findBearer(request.headers.authorization) === undefined
      ? dependencies.authentication.find(toHeaders(request))
      : keyUsers.get(request)
  watchAccess(server, { ...dependencies.access, findSession })
  if (dependencies.times !== undefined) timeRequests(server, dependencies.times)
  // After the hooks above, which a scope of routes takes over from the server when it is made.
  serveScim(server, {
    ...dependencies,
    endpoints: dependencies.scim,
    count(session, request, reply) {
      keyUsers.set(request, session)
      dependencies.principals.count(session.userId, reply, 'key')
    },
  })
  serveUnsubscription(server, dependencies)
  const sessionCookie = `${portalCookieName(portalUrl, 'session_token')}=`
  await servePage(server, ({ headers }) => headers.cookie?.includes(sessionCookie) ?? false)
  return server
}

/** Returns the supported methods of every address that is not a file of the user interface. */
function methodsByPath(documents: Documents): Map<string, string[]> {
  const methods = new Map(
    [...documents.keys(), '/healthz', '/readyz', calendarPath].map((path) => [path, readMethods]),
  )
  methods.set(unsubscriptionPath, unsubscriptionMethods)
  for (const operation of Object.values<Operation>(operations)) {
    const url = `/api/v1${operation.path}`
    const own = operation.method === 'GET' ? readMethods : [operation.method]
    methods.set(url, [...(methods.get(url) ?? []), ...own])
  }
  return methods
}

function addOperation(
  server: FastifyInstance,
  operation: Operation,
  dependencies: PortalDependencies & { streams: StreamLimit; listTurns: ReturnType<typeof createListTurns> },
): void {
  const handle = (called: Operation, request: Request<Operation>) => {
    const handler = dependencies.handlers[called.id as OperationId] as unknown as (
      request: Request<Operation>,
    ) => Promise<unknown>
    return dependencies.listTurns(called, () => handler(request))
  }
  const deprecated = toDeprecationHeaders(operation.deprecation)
  server.route({
    method: operation.method,
    url: `/api/v1${operation.path}`,
    helmet: answerHeaders,
    config: { declared: new Set(possibleErrors(operation)) } satisfies ErrorRoute,
    onRequest: async (_, reply) => {
      reply.headers(deprecated)
    },
    handler: async (request, reply) => {
      const admitted = await admit(operation, request, dependencies, ({ key, userId }) => {
        if (key === undefined) dependencies.principals.count(userId, reply)
        else dependencies.principals.count(key.id, reply, 'key')
      })
      // HEAD has no body, and takes no place among the live pages.
      if (request.method === 'HEAD' && isLive(operation.reply))
        return reply
          .status(operation.status ?? 200)
          .headers(streamHeaders)
          .send()
      const { organization, actor } = admitted as { organization: Organization | undefined; actor: Actor }
      const readmit = () => admit(operation, request, dependencies)
      const outcome = await actFor(organization?.id ?? actor.id, () =>
        runOperation({ ...dependencies, handle, readmit }, operation, admitted as AnyRequest),
      )
      if (isLive(operation.reply)) reply.raw.once('close', dependencies.streams.take(actor.id))
      await sendReply(operation, outcome, { reply, request })
      return reply
    },
  })
}

async function admit(
  operation: Operation,
  request: FastifyRequest,
  dependencies: PortalDependencies,
  count: (session: Session) => void = () => {},
): Promise<Request<Operation>> {
  const headers = toHeaders(request)
  const client = getClientAddress(request, dependencies.portalUrl)
  const session = await dependencies.authentication.find(headers, client)
  if (session?.key !== undefined) keyUsers.set(request, session)
  if (session !== undefined) count(session)
  const params = request.params as Record<string, string>
  const admission = await authorize(dependencies.details, operation, session, params)
  const { organization, asOperator, environment } = admission
  const gone = new AbortController()
  request.raw.once('close', () => gone.abort())
  if (session !== undefined && isLive(operation.reply))
    endWithSession(gone, session, async () => {
      const found = await dependencies.authentication.find(headers)
      await authorize(dependencies.details, operation, found, params)
      return found
    })
  return {
    actor: { ...toActor(session, asOperator), origin: request.ip },
    session,
    organization,
    environment,
    params: checkParams(operation, params),
    query: checkInput(operation.query, request.query, 'query'),
    body: checkInput(operation.body, readBody(request), 'body'),
    headers,
    client,
    signal: gone.signal,
  } as Request<Operation>
}

function toActor(session: Session | undefined, asOperator: boolean): Omit<Actor, 'origin'> {
  if (session?.key !== undefined) return { kind: 'api_key', id: session.key.id, name: session.key.name }
  const { userId: id, email: name } = session ?? { userId: 'nobody', email: 'nobody' }
  return { kind: asOperator ? 'operator' : 'person', id, name }
}

/** Reads JSON; an empty body is none, whatever its type is said to be. */
function readJson(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error')
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parse(request, String(body), done)
  })
}

/** Returns the body of a request; that of a GET is not read, and refused (RFC 9110, section 9.3.1). */
function readBody({ method, headers, body }: FastifyRequest): unknown {
  const isSent = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (readMethods.includes(method) && isSent) throw unexpectedBody()
  return body
}

function toHeaders(request: FastifyRequest): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return headers
}
