import { STATUS_CODES } from 'node:http'
import type { Environment } from '../config/config.ts'
import { type GatewayOperation, gatewayOperations } from '../contract/gateway-operations.ts'
import { GatewayProblem, OAuthProblem } from '../contract/gateway-schemas.ts'
import { release } from '../release.ts'
import { describeSchema, type Json } from './describe-schema.ts'

/** What of an environment its gateway's document says. */
export type DescribedEnvironment = Pick<
  Environment,
  'name' | 'label' | 'gatewayUrl' | 'profile' | 'scopes' | 'externalCertificates'
>

const tags = [
  { name: 'tokens', description: 'Access tokens: get, introspect, revoke' },
  { name: 'clients', description: 'What the gateway knows about a client' },
  { name: 'discovery', description: 'Public documents' },
]

/** Returns the OpenAPI 3.1 document of the operations that the gateway of an environment answers itself. */
export function toGatewayOpenApi(environment: DescribedEnvironment, portalUrl: string): Json {
  const { name, label, gatewayUrl, externalCertificates } = environment
  const schemas: Json = {}
  const paths: Record<string, Json> = {}
  for (const operation of gatewayOperations) {
    if (operation.needsExternalCertificates && externalCertificates === 'off') continue
    const described = describeOperation(operation, environment, schemas)
    paths[operation.path] = { [operation.method.toLowerCase()]: described }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: `Gateway of ${label ?? name}`,
      version: release,
      license: { name: 'MIT', identifier: 'MIT' },
      contact: { name: 'The operators of this gateway', url: portalUrl },
      description: about,
    },
    servers: [{ url: gatewayUrl, description: label ?? name }],
    tags,
    paths,
    components: { schemas, securitySchemes: describeSchemes(environment) },
  }
}

const about = `The operations that the gateway answers itself; every other path is one of the API behind it.

Connect with a client certificate (mutual TLS). Errors of the OAuth endpoints are \`OAuthProblem\`: the members of RFC 6749, section 5.2, and beside them those of a problem document (RFC 9457). Errors of all other addresses are \`GatewayProblem\`. Branch on \`code\`. Every list of values may grow, and an answer may get further members: clients must ignore what they do not know.

Every answer has the header \`Postern-Trace-Id\`.`

function describeSchemes({ gatewayUrl, profile, scopes }: DescribedEnvironment): Json {
  const named = scopes.map((scope) => [scope.name, scope.description])
  return {
    mutualTls: { type: 'mutualTLS', description: 'The client certificate of the TLS connection (RFC 8705).' },
    oauth2: {
      type: 'oauth2',
      description: 'An access token of `issueToken`, as `Authorization: Bearer`.',
      flows: { clientCredentials: { tokenUrl: `${gatewayUrl}/token`, scopes: Object.fromEntries(named) } },
    },
    ...(profile === 'fapi2'
      ? {}
      : {
          clientSecretBasic: {
            ...{ type: 'http', scheme: 'basic' },
            description: 'Client ID and client secret, each form-encoded (RFC 6749, section 2.3.1).',
          },
          apiKey: {
            ...{ type: 'apiKey', in: 'header', name: 'x-api-key' },
            description: 'The client secret, where the client ID is in the path.',
          },
        }),
  }
}

/** A requirement without a secret stands for the other ways: in the form, by an assertion, by the certificate. */
function describeSecurity({ shows }: GatewayOperation, { profile }: DescribedEnvironment): Json[] {
  if (shows === 'nothing') return []
  const byCertificate = { mutualTls: [] }
  if (shows === 'certificate') return [byCertificate]
  if (shows === 'certificate-or-token') return [byCertificate, { mutualTls: [], oauth2: [] }, { oauth2: [] }]
  if (profile === 'fapi2') return [byCertificate]
  const basic = { mutualTls: [], clientSecretBasic: [] }
  return shows === 'client' ? [basic, byCertificate] : [{ mutualTls: [], apiKey: [] }, basic, byCertificate]
}

function describeOperation(
  operation: GatewayOperation,
  environment: DescribedEnvironment,
  schemas: Json,
): Json {
  const { id, tag, summary, description, path, body } = operation
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    'x-stability': 'stable',
    security: describeSecurity(operation, environment),
    parameters: [...(path.includes('{clientId}') ? [clientId] : []), traceparent],
    ...(body === undefined
      ? {}
      : {
          requestBody: { required: body.required, content: describeContent(body.content, 'input', schemas) },
        }),
    responses: { ...describeReply(operation, schemas), ...describeErrors(operation, schemas) },
  }
}

const clientId = {
  ...{ name: 'clientId', in: 'path', required: true },
  description: 'The client ID of API credentials.',
  schema: { type: 'string', pattern: '^[A-Za-z0-9_.~-]{1,200}$' },
}
const traceparent = {
  ...{ name: 'traceparent', in: 'header', required: false },
  description: 'W3C Trace Context. A valid one gives the trace ID of the answer.',
  schema: { type: 'string' },
}

const describeContent = (
  content: NonNullable<GatewayOperation['body']>['content'],
  io: 'input' | 'output',
  schemas: Json,
): Json =>
  Object.fromEntries(
    Object.entries(content).map(([type, { schema, example }]) => [
      type,
      { schema: describeSchema(schema, io, schemas), example },
    ]),
  )

const header = (description: string) => ({ description, schema: { type: 'string' } })
const traceHeader = {
  'Postern-Trace-Id': {
    description: 'The W3C trace ID of the answer.',
    schema: { type: 'string', pattern: '^[0-9a-f]{32}$' },
  },
}
const answerHeaders = {
  ...traceHeader,
  'Postern-Certificate-Expires': {
    description:
      'When the client certificate of the connection stops being accepted, an HTTP date (RFC 9110, section 5.6.7). Only from 30 days before, and only until its replacement has been accepted.',
    schema: { type: 'string', pattern: '^[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT$' },
    example: 'Mon, 01 Feb 2027 08:00:00 GMT',
  },
}

const describeReply = ({ tag, reply: { status, ...reply } }: GatewayOperation, schemas: Json): Json => ({
  [status]: {
    description: STATUS_CODES[status],
    headers: tag === 'discovery' ? traceHeader : answerHeaders,
    content: describeContent({ 'application/json': reply }, 'output', schemas),
  },
})

/** Codes that every operation can answer with, in addition to its own; at OAuth endpoints 400 for a size. */
const common: GatewayOperation['errors'] = {
  400: ['bad_request'],
  405: ['method_not_allowed'],
  414: ['target_too_long'],
  421: ['wrong_host'],
  431: ['headers_too_large'],
  500: ['internal_error'],
}

function describeErrors({ errors, isOAuth, body }: GatewayOperation, schemas: Json): Json {
  const schema = describeSchema(isOAuth ? OAuthProblem : GatewayProblem, 'output', schemas)
  const ofBody: GatewayOperation['errors'] =
    body === undefined ? {} : { 408: ['request_timeout'], ...(isOAuth ? {} : { 413: ['body_too_large'] }) }
  const statuses = new Set([common, ofBody, errors].flatMap((each) => Object.keys(each).map(Number)))
  return Object.fromEntries(
    [...statuses].map((status) => {
      const codes = [...new Set([common, ofBody, errors].flatMap((each) => each[status] ?? []))]
      return [
        status,
        {
          description: codes.join(', '),
          headers: {
            ...answerHeaders,
            ...(status === 401 && { 'WWW-Authenticate': header('How to authenticate (RFC 9110).') }),
            ...(status === 405 && { Allow: header('The methods of the address (RFC 9110).') }),
            ...(status === 429 && { 'Retry-After': header('Seconds to wait.') }),
          },
          content: {
            [isOAuth ? 'application/json' : 'application/problem+json']: {
              schema,
              example: toExample(status, codes.at(-1) ?? 'bad_request', isOAuth),
            },
          },
        },
      ]
    }),
  )
}

function toExample(status: number, code: string, isOAuth: boolean): Json {
  const detail = 'What happened, and what to do.'
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const problem = {
    type: `https://portal.provider.example/help/errors/${code}`,
    title: STATUS_CODES[status],
    ...{ status, code, detail, traceId },
  }
  if (!isOAuth) return problem
  const error =
    status === 401 ? 'invalid_client' : status >= 429 ? 'temporarily_unavailable' : 'invalid_request'
  const error_description = `${detail} (${code}; trace ID ${traceId})`
  return { error, error_description, error_uri: problem.type, ...problem }
}
