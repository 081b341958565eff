import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PosternError } from '../errors.ts'
import type { Actor } from '../shapes/actor.ts'
import type { Organization } from '../shapes/organization.ts'
import { ScimError } from '../shapes/scim-error.ts'
import { actFor } from '../storage/fair-queue.ts'
import type { Authentication } from './authenticate.ts'
import { findBearer } from './authenticate.ts'
import { type AccessDetails, authorizeProvisioning } from './authorize.ts'
import { assertPlain } from './check-input.ts'
import { getClientAddress } from './client-address.ts'
import { methodNotAllowed } from './create-listener.ts'
import { type NamedTags, readEntityTags } from './entity-tag.ts'
import type { Session } from './handler.ts'
import { toProblem } from './problem.ts'
import { answerHeaders } from './security-headers.ts'

/** The request of an identity provider, whose key was checked. */
export interface ScimRequest {
  actor: Actor
  organization: Organization
  params: Readonly<Record<string, string>>
  query: Readonly<Record<string, unknown>>
  body: unknown
  /** The versions that `If-Match` and `If-None-Match` name; undefined without the header. */
  ifMatch: NamedTags | undefined
  ifNoneMatch: NamedTags | undefined
}

export interface ScimReply {
  status: number
  /** JSON; none where undefined. */
  body?: Readonly<Record<string, unknown>>
  headers?: Readonly<Record<string, string>>
}

/** One call of the protocol, below the address of an organization. */
export interface ScimEndpoint {
  /** Its name in metrics and in the audit log. */
  id: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  handler(request: ScimRequest): Promise<ScimReply>
}

interface Dependencies {
  endpoints: readonly ScimEndpoint[]
  details: Pick<AccessDetails, 'findOrganization'>
  authentication: Authentication
  portalUrl: string
  /** Counts a request of a key. Throws `too_many_requests`. */
  count(session: Session, request: FastifyRequest, reply: FastifyReply): void
}

/** What a route is called in metrics and in the audit log, where it is no operation of the API. */
export interface NamedRoute {
  name?: string
}

const mediaType = 'application/scim+json'
/** RFC 7644, section 3.12. */
const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error'
/** The largest body, bytes. */
const maxBodyBytes = 64 * 1024
const place = '/scim/v2/:organization'

/**
 * Serves SCIM (RFC 7644) on the server of the portal: behind its limits, checks of addresses and headers, with the media
 * type and the errors of that protocol.
 */
export function serveScim(server: FastifyInstance, dependencies: Dependencies): void {
  server.register((scope, _, done) => {
    const parse = scope.getDefaultJsonParser('error', 'error')
    scope.addContentTypeParser(mediaType, { parseAs: 'string' }, (request, body, done) => {
      if (body === '') done(null, undefined)
      else void parse(request, String(body), done)
    })
    scope.setErrorHandler((error, request, reply) => sendError(error, request, reply, dependencies))
    const methods = new Map<string, string[]>()
    for (const endpoint of dependencies.endpoints) {
      addEndpoint(scope, endpoint, dependencies)
      const own = endpoint.method === 'GET' ? ['GET', 'HEAD'] : [endpoint.method]
      methods.set(endpoint.path, [...(methods.get(endpoint.path) ?? []), ...own])
    }
    for (const [path, allowed] of methods) rejectOthers(scope, path, allowed)
    scope.all('/scim/*', { helmet: answerHeaders }, async () => {
      throw new ScimError(
        404,
        undefined,
        'SCIM has no such address here. Users are at /scim/v2/ORGANIZATION/Users.',
      )
    })
    done()
  })
}

function addEndpoint(scope: FastifyInstance, endpoint: ScimEndpoint, dependencies: Dependencies): void {
  scope.route({
    method: endpoint.method,
    url: `${place}${endpoint.path}`,
    helmet: answerHeaders,
    bodyLimit: maxBodyBytes,
    config: { name: endpoint.id } satisfies NamedRoute,
    handler: async (request, reply) => {
      const headers = new Headers()
      for (const name of ['if-match', 'if-none-match'] as const)
        if (request.headers[name] !== undefined) headers.set(name, String(request.headers[name]))
      assertPlain({ params: request.params, query: request.query }, 'path')
      const { key, organization } = await admit(request, reply, dependencies)
      assertPlain(request.body, 'body')
      const {
        status,
        body,
        headers: more = {},
      } = await actFor(organization.id, () =>
        endpoint.handler({
          actor: { kind: 'api_key', id: key.id, name: key.name, origin: request.ip },
          organization,
          params: request.params as Record<string, string>,
          query: request.query as Record<string, unknown>,
          body: request.body,
          ifMatch: readEntityTags(headers, 'if-match'),
          ifNoneMatch: readEntityTags(headers, 'if-none-match'),
        }),
      )
      reply.status(status).headers(more)
      if (body === undefined) return reply.send()
      return reply.header('content-type', `${mediaType}; charset=utf-8`).send(JSON.stringify(body))
    },
  })
}

/** Finds the key of a request. A session cookie means nothing here: a browser has no business at these addresses. */
async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  { authentication, details, portalUrl, count }: Dependencies,
) {
  const { authorization, cookie } = request.headers
  if (findBearer(authorization) === undefined || authorization === undefined)
    throw new PosternError(
      'not_signed_in',
      'Send an API key with the role provisioner as Authorization: Bearer.',
    )
  const headers = new Headers({ authorization, ...(cookie !== undefined && { cookie }) })
  const session = await authentication.find(headers, getClientAddress(request, portalUrl))
  if (session === undefined) throw new PosternError('not_signed_in', 'The API key is not valid.')
  count(session, request, reply)
  const { organization: slug = '' } = request.params as { organization?: string }
  return authorizeProvisioning(details, session, slug)
}

function rejectOthers(scope: FastifyInstance, path: string, allowed: readonly string[]): void {
  scope.route({
    method: scope.supportedMethods.filter((method) => !allowed.includes(method)),
    url: `${place}${path}`,
    helmet: answerHeaders,
    onRequest: async (_, reply) => {
      reply.header('allow', allowed.join(', '))
      throw methodNotAllowed(allowed)
    },
    handler: () => {
      throw methodNotAllowed(allowed)
    },
  })
}

function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { portalUrl }: Pick<Dependencies, 'portalUrl'>,
): FastifyReply {
  const { status, detail, scimType } = describe(error, request.id, portalUrl)
  const details = { traceId: request.id, status, path: request.routeOptions?.url, method: request.method }
  if (status >= 500 && status !== 503) request.log.error({ ...details, err: error }, 'request failed')
  else request.log.info(details, 'request rejected')
  if (error instanceof PosternError && error.retryAfterSeconds !== undefined)
    reply.header('retry-after', error.retryAfterSeconds)
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="Postern"')
  return reply
    .status(status)
    .header('content-type', `${mediaType}; charset=utf-8`)
    .send(
      JSON.stringify({
        schemas: [errorSchema],
        status: String(status),
        ...(scimType && { scimType }),
        detail,
      }),
    )
}

function describe(error: unknown, traceId: string, portalUrl: string) {
  if (error instanceof ScimError)
    return { status: error.status, detail: error.message, scimType: error.scimType }
  const { code, detail, status } = toProblem(error, { traceId, portalUrl })
  // JSON that cannot be read (RFC 7644, table 9).
  const scimType = code === 'bad_request' ? ('invalidSyntax' as const) : undefined
  return { status, detail, scimType }
}
