import { STATUS_CODES } from 'node:http'
import { z } from 'zod'
import { Problem } from '../contract/common.ts'
import type { ErrorCode } from '../contract/error-codes.ts'
import { errorStatus } from '../contract/error-status.ts'
import { isLive, type Operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import { portalCookieName } from '../contract/portal-cookie.ts'

type Json = Record<string, unknown>

/** The descriptions of the tags. */
const tags: Record<string, string> = {
  session: 'Sign-in and sign-out',
  organizations: 'The customers of the provider',
  environments: 'Environments: the gateway, the issuance mode and the rules for keys',
  credentials: 'API credentials: OAuth client IDs and client secrets',
  certificates: 'Client certificates, from draft to revocation',
  registrations: 'Certificates from external CAs, until possession of their key is proven',
  activity: 'Gateway events: connections, token requests and calls',
  usage: 'Calls over time',
  denials: 'Denied requests and their causes',
  'enforcement-policies': 'Whether clients of an organization need a certificate, and which are ready',
  gateways: 'Gateway processes',
  approvals: 'Certificate requests that wait for the decision of an operator',
  revocations: 'Revocation of many certificates',
  'certificate-authorities': 'Root CAs, issuing CAs and trusted external CAs',
  audit: 'The audit log and the proof that it is intact',
  emails: 'The built-in mailbox',
}

/** Tags of operations whose path names a part of the resource. */
const tagByPart: Record<string, string> = {
  'enforcement-policy': 'enforcement-policies',
  'trusted-issuers': 'certificate-authorities',
}

/** Returns the OpenAPI 3.1 document of the API, generated from the operations that the server runs. */
export function toOpenApi(portalUrl: string): Json {
  const schemas: Json = {}
  const paths: Record<string, Json> = {}
  for (const operation of Object.values<Operation>(operations)) {
    const path = operation.path.replaceAll(/:([a-zA-Z]+)/g, '{$1}')
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describeOperation(operation, schemas) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Postern',
      version: '1',
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'Client certificates, API credentials and what the gateway saw of them. Refusals are RFC 9457 problem details with a stable `code`.',
    },
    servers: [{ url: `${portalUrl}/api/v1` }],
    security: [{ session: [] }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas,
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: portalCookieName(portalUrl, 'session_token') },
      },
    },
  }
}

function describeOperation(operation: Operation, schemas: Json): Json {
  const { id, summary, access, operatorToo, body } = operation
  return {
    operationId: id,
    tags: [tagOf(operation)],
    summary,
    description: describeAccess(access, operatorToo),
    'x-postern-access': access,
    ...(operatorToo ? { 'x-postern-operator': true } : {}),
    ...(access === 'anyone' ? { security: [] } : {}),
    parameters: [
      ...parametersOf('path', operation.params, schemas),
      ...parametersOf('query', operation.query, schemas),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: toSchema(body, 'input', schemas) } },
          },
        }),
    responses: { ...describeReply(operation, schemas), ...describeErrors(operation, schemas) },
  }
}

/** Returns the tag of an operation: the last fixed part of its path that names a resource. */
function tagOf({ path }: Operation): string {
  const named = path.split('/').map((part) => tagByPart[part] ?? part)
  return named.findLast((part) => part in tags) as string
}

function describeAccess(access: Operation['access'], operatorToo: boolean | undefined): string {
  if (access === 'anyone') return 'Needs no session.'
  if (access === 'signed-in') return 'Needs a session.'
  if (access === 'operator') return 'Needs the platform role operator.'
  return `Needs the role ${access} in the organization${operatorToo ? ', or the platform role operator' : ''}.`
}

function parametersOf(place: 'path' | 'query', schema: z.ZodObject | undefined, schemas: Json): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, part]) => ({
    name,
    in: place,
    required: place === 'path' || !(part as z.ZodType).safeParse(undefined).success,
    schema: toSchema(part as z.ZodType, 'input', schemas),
  }))
}

function describeReply({ reply, status = 200 }: Operation, schemas: Json): Json {
  const description = STATUS_CODES[status] ?? 'OK'
  if (reply === null) return { [status]: { description } }
  if ('mediaTypes' in reply) {
    const content = Object.fromEntries(reply.mediaTypes.map((type) => [type, { schema: { type: 'string' } }]))
    return { [status]: { description, content } }
  }
  return {
    [status]: {
      description,
      content: { 'application/json': { schema: toSchema(reply, 'output', schemas) } },
    },
  }
}

function describeErrors(operation: Operation, schemas: Json): Json {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of possibleErrors(operation)) {
    byStatus.set(errorStatus[code], [...(byStatus.get(errorStatus[code]) ?? []), code])
  }
  const schema = toSchema(Problem, 'output', schemas)
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      { description: [...new Set(codes)].join(', '), content: { 'application/problem+json': { schema } } },
    ]),
  )
}

/** Errors of any request, which can occur before the operation is known. */
const commonErrors = [
  'bad_request',
  'request_timeout',
  'headers_too_large',
  'target_too_long',
  'expectation_failed',
  'transfer_coding_unknown',
  'internal_error',
  'storage_unavailable',
  'too_many_requests',
  'session_cookie_repeated',
] as const satisfies ErrorCode[]

function possibleErrors({ method, access, params, query, reply, errors = [] }: Operation): ErrorCode[] {
  const codes: ErrorCode[] = [...commonErrors, ...errors]
  if (access !== 'anyone') codes.push('not_signed_in', 'password_change_required', 'forbidden')
  if (params !== undefined) codes.push('not_found')
  if (query !== undefined && 'cursor' in query.shape) codes.push('cursor_invalid')
  // A body is read for every method that may have one, even if the operation takes none.
  if (method !== 'GET') codes.push('body_too_large', 'unsupported_media_type', 'cross_site_request')
  if (isLive(reply)) codes.push('unavailable')
  return codes
}

/**
 * What is said of members that are not named: a request with one is refused, also where its schema does not say so
 * itself, and an answer may get more of them.
 */
function describeOthers(jsonSchema: z.core.JSONSchema.BaseSchema, io: 'input' | 'output'): void {
  if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
  if (io === 'input' && jsonSchema.properties !== undefined) jsonSchema.additionalProperties ??= false
}

/** Returns the JSON Schema of `schema`; schemas with an id are collected once in `components`. */
function toSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const {
    $defs = {},
    $schema: _,
    ...own
  } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema }) => describeOthers(jsonSchema, io),
  }) as Json & { $defs?: Json }
  for (const [name, definition] of Object.entries($defs)) schemas[name] ??= rewriteReferences(definition)
  const { id, ...shape } = own as Json & { id?: string }
  if (id === undefined) return rewriteReferences(shape) as Json
  schemas[id] ??= rewriteReferences(shape)
  return { $ref: `#/components/schemas/${id}` }
}

function rewriteReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rewriteReferences)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, entry]) => !(key === 'id' && typeof entry === 'string'))
      .map(([key, entry]) => [
        key,
        key === '$ref' && typeof entry === 'string'
          ? entry.replace('#/$defs/', '#/components/schemas/')
          : rewriteReferences(entry),
      ]),
  )
}
