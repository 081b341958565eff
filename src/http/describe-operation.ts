import { STATUS_CODES } from 'node:http'
import type { z } from 'zod'
import { findApiKeyScope } from '../contract/api-key-scopes.ts'
import { descriptions } from '../contract/descriptions.ts'
import type { ErrorCode } from '../contract/error-codes.ts'
import { errorStatus } from '../contract/error-status.ts'
import type { Operation } from '../contract/operation.ts'
import { Problem } from '../contract/problem.ts'
import { isTagged } from '../contract/resources.ts'
import { describeAnswerHeaders, describeRequestHeaders } from './describe-headers.ts'
import { describeSchema, type Json } from './describe-schema.ts'
import { findExample } from './find-example.ts'
import { possibleErrors } from './possible-errors.ts'

/** Returns an operation of the API as OpenAPI 3.1 describes it. */
export function describeOperation(operation: Operation, tag: string, schemas: Json): Json {
  const { id, summary, access, operatorToo, body, stability = 'stable' } = operation
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: [
      descriptions[id],
      [describeAccess(access, operatorToo), describeScope(operation)].filter(Boolean).join(' '),
      describeStepUp(operation),
      describeEnd(operation),
    ]
      .filter(Boolean)
      .join('\n\n'),
    'x-stability': stability,
    ...(operation.deprecation === undefined ? {} : { deprecated: true }),
    security:
      access === 'anyone' ? [] : [{ session: [] }, ...(findApiKeyScope(operation) ? [{ apiKey: [] }] : [])],
    parameters: [
      ...parametersOf('path', operation.params, schemas),
      ...parametersOf('query', operation.query, schemas),
      ...describeRequestHeaders(operation),
      ...(isResumable(operation.reply) ? [lastEventId] : []),
    ].map((parameter) => ({ ...parameter, ...toExample(findValue(id, parameter)) })),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: describeSchema(body, 'input', schemas),
                ...toExample(findExample(id)?.request.body),
              },
            },
          },
        }),
    responses: { ...describeReply(operation, schemas), ...describeErrors(operation, schemas) },
  }
}

/** Returns the value that the example of an operation gives to a parameter. */
function findValue(id: string, parameter: Json): unknown {
  const { params, query, headers } = findExample(id)?.request ?? {}
  const values = { path: params, query, header: headers }[parameter.in as 'path' | 'query' | 'header']
  return values?.[parameter.name as string]
}

const toExample = (example: unknown): Json => (example === undefined ? {} : { example })

function describeAccess(access: Operation['access'], operatorToo: boolean | undefined): string {
  if (access === 'anyone') return 'Needs no session.'
  if (access === 'signed-in') return 'Needs a session.'
  if (access === 'operator') return 'Needs the platform role operator.'
  return `Needs the role ${access} in the organization${operatorToo ? ', or the platform role operator' : ''}.`
}

const describeStepUp = ({ stepUp }: Operation): string | undefined =>
  stepUp && 'Needs a step-up proof: the user proves again who they are with `proveStepUp`.'

function describeScope(operation: Operation): string | undefined {
  if (operation.access === 'anyone') return undefined
  const scope = findApiKeyScope(operation)
  return scope === undefined ? 'API keys cannot call it.' : `API keys need the scope \`${scope}\`.`
}

function describeEnd({ deprecation }: Operation): string | undefined {
  if (deprecation === undefined) return undefined
  const { since, sunset, instead } = deprecation
  const end = sunset === undefined ? '' : ` It stops answering on ${sunset}.`
  return `Deprecated since ${since}.${end} Use \`${instead}\` instead.`
}

const isResumable = (reply: Operation['reply']): boolean =>
  reply !== null && 'events' in reply && reply.resumes

const lastEventId = {
  name: 'Last-Event-ID',
  in: 'header',
  description:
    'The `id` of the last message that was received: the stream sends first what happened after it, as far as it is stored. An `id` that is no longer stored gives all that is. Browsers send the header by themselves.',
  required: false,
  schema: { type: 'string' },
}

/** Returns the component that a schema refers to. */
const findComponent = ({ $ref }: Json, schemas: Json): Json | undefined =>
  typeof $ref === 'string' ? (schemas[$ref.replace('#/components/schemas/', '')] as Json) : undefined

function parametersOf(place: 'path' | 'query', schema: z.ZodObject | undefined, schemas: Json): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, part]) => {
    const described = describeSchema(part as z.ZodType, 'input', schemas)
    const description = described.description ?? findComponent(described, schemas)?.description
    return {
      name,
      in: place,
      ...(description === undefined ? {} : { description }),
      // A list is one parameter with commas between its values.
      ...(described.type === 'array' ? { style: 'form', explode: false } : {}),
      required: place === 'path' || !(part as z.ZodType).safeParse(undefined).success,
      schema: described,
    }
  })
}

function describeReply(operation: Operation, schemas: Json): Json {
  const { reply, status = 200 } = operation
  const description = STATUS_CODES[status] ?? 'OK'
  const headers = { ...describeHeaders(operation), ...describeAnswerHeaders(operation) }
  const example = findExample(operation.id)
  const answer = { description, ...(Object.keys(headers).length === 0 ? {} : { headers }) }
  if (reply === null) return { [status]: answer }
  if ('events' in reply) {
    // The schema is that of one event: OpenAPI 3.1 has no word for the whole of a stream.
    const schema = describeSchema(reply.events, 'output', schemas)
    const content = { 'text/event-stream': { schema, ...toExample(example?.body) } }
    return { [status]: { ...answer, content } }
  }
  if ('mediaTypes' in reply) {
    // Without a schema, OpenAPI 3.1 takes the octets as they are.
    const content = Object.fromEntries(
      [...new Set(reply.mediaTypes)].map((type) => [
        type,
        type === example?.mediaType ? toExample(example.body) : {},
      ]),
    )
    return { [status]: { ...answer, content } }
  }
  const schema = describeSchema(reply, 'output', schemas)
  return {
    [status]: {
      ...answer,
      content: { 'application/json': { schema, ...toExample(example?.body) } },
    },
    ...(isTagged(operation) ? { 304: { description: 'The client has the present representation.' } } : {}),
  }
}

const header = (description: string) => ({ description, schema: { type: 'string' } })

/** Returns the headers of a successful answer that a client reads. */
function describeHeaders({ reply, deprecation }: Operation): Json {
  const isFile = reply !== null && 'mediaTypes' in reply && !('events' in reply)
  return {
    ...(isFile ? { 'Content-Disposition': header('The name of the file (RFC 6266).') } : {}),
    ...(deprecation === undefined
      ? {}
      : { Deprecation: header('Since when, as in RFC 9745: `@1767225600`.') }),
    ...(deprecation?.sunset === undefined
      ? {}
      : { Sunset: header('When the operation stops answering (RFC 8594).') }),
  }
}

function describeErrors(operation: Operation, schemas: Json): Json {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of possibleErrors(operation)) {
    byStatus.set(errorStatus[code], [...(byStatus.get(errorStatus[code]) ?? []), code])
  }
  const schema = describeSchema(Problem, 'output', schemas)
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: [...new Set(codes)].join(', '),
        ...(status === 405 ? { headers: { Allow: header('The methods of the address (RFC 9110).') } } : {}),
        ...(status === 401
          ? { headers: { 'WWW-Authenticate': header('How to authenticate (RFC 9110).') } }
          : {}),
        content: { 'application/problem+json': { schema } },
      },
    ]),
  )
}
