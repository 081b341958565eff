import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { findApiKeyScope } from '../contract/api-key-scopes.ts'
import { descriptions } from '../contract/descriptions.ts'
import { type Operation, operation } from '../contract/operation.ts'
import { operations } from '../contract/operations.ts'
import { release } from '../release.ts'
import { describeOperation } from './describe-operation.ts'
import { describeSchema, type Json } from './describe-schema.ts'
import { findExample } from './find-example.ts'
import { toOpenApi } from './openapi.ts'

interface Described {
  operationId: string
  description: string
  security: Record<string, string[]>[]
  parameters: { name: string; example?: unknown }[]
  requestBody?: { content: Record<string, { schema: Json }> }
  responses: Record<string, { headers?: Json; content?: Record<string, { schema?: Json }> }>
}
const document = toOpenApi('https://portal.example') as {
  info: { version: string; contact: { url: string } }
  paths: Record<string, Record<string, Described>>
  components: { schemas: Record<string, Json> }
}
const described = Object.values(document.paths).flatMap((path) => Object.values(path))
const byId = (id: string) => described.find(({ operationId }) => operationId === id) as Described

/** Every object of the document, with where it stands. */
function* walk(value: unknown, place = '#'): Generator<[string, Json]> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield [place, value as Json]
  for (const [name, inner] of Object.entries(value)) yield* walk(inner, `${place}/${name}`)
}
const schemas = [...walk(document)].filter(([place]) => /\/schemas?(\/|$)/.test(place))
const placesWhere = (isMeant: (schema: Json) => boolean) =>
  schemas.filter(([, schema]) => isMeant(schema)).map(([place]) => place)

describe('every schema is one that generators of clients understand', () => {
  test('no default, which generators take for a member that is always there', () => {
    expect(placesWhere(({ default: used }) => used !== undefined && typeof used !== 'object')).toEqual([])
    expect(placesWhere((schema) => 'type' in schema && 'default' in schema)).toEqual([])
  })

  test('no pattern that only some engines read, and none beside a format', () => {
    expect(
      placesWhere(({ pattern }) => typeof pattern === 'string' && /\\[pP]\{|\(\?[<!=]/.test(pattern)),
    ).toEqual([])
    expect(placesWhere(({ format, pattern }) => typeof format === 'string' && pattern !== undefined)).toEqual(
      [],
    )
  })

  test('moments are one component', () => {
    expect(placesWhere(({ format }) => format === 'date-time')).toEqual(['#/components/schemas/Timestamp'])
  })

  test('no range that only says what JavaScript counts in', () => {
    const isBound = (bound: unknown) => Math.abs(Number(bound)) >= Number.MAX_SAFE_INTEGER
    expect(placesWhere(({ minimum, maximum }) => isBound(minimum) || isBound(maximum))).toEqual([])
  })

  test('every JSON body is a named component', () => {
    const bodies = described.flatMap(({ operationId, requestBody, responses }) =>
      [requestBody, ...Object.values(responses)].flatMap((message) =>
        Object.entries(message?.content ?? {})
          .filter(([type]) => type.includes('json') || type === 'text/event-stream')
          .map(([, { schema }]) => [operationId, schema?.$ref]),
      ),
    )
    expect(bodies.filter(([, reference]) => reference === undefined)).toEqual([])
  })

  test('an answer may get more members', () => {
    const answers = [...walk(document)].filter(([place]) => place.includes('/responses/'))
    expect(answers.filter(([, schema]) => 'additionalProperties' in schema)).toEqual([])
    expect(document.components.schemas.IssuedCertificate).not.toHaveProperty('additionalProperties')
  })
})

test('a certificate is a union that its status tells apart', () => {
  const { oneOf, discriminator } = document.components.schemas.Certificate as {
    oneOf: { $ref: string }[]
    discriminator: { propertyName: string; mapping: Record<string, string> }
  }
  expect(discriminator.propertyName).toBe('status')
  expect(Object.values(discriminator.mapping)).toEqual(oneOf.map(({ $ref }) => $ref))
  const { properties } = document.components.schemas.IssuedCertificate as { properties: Record<string, Json> }
  expect(properties.status).toMatchObject({ const: 'issued' })
  expect(properties.issued).toEqual({ $ref: '#/components/schemas/IssuedDetails' })
  expect(properties.notAfter).toEqual({ $ref: '#/components/schemas/Timestamp' })
})

test('a union without names for its variants has no place in the document, nor do two schemas of one name', () => {
  const union = z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('a') }),
    z.object({ kind: z.literal('b') }),
  ])
  expect(() => describeSchema(union, 'output', {})).toThrow('has no name: a')
  const [one, other] = [z.string(), z.number()].map((value) => z.object({ value }).meta({ id: 'One' }))
  const components = {}
  describeSchema(one as z.ZodType, 'output', components)
  expect(() => describeSchema(other as z.ZodType, 'output', components)).toThrow('the name One')
})

test('a download is binary, and a stream has the message as a component', () => {
  expect(byId('downloadEvidence').responses[200]?.content).toEqual({ 'application/zip': {} })
  expect(byId('streamCertificateActivity').responses[200]?.content).toEqual({
    'text/event-stream': {
      schema: { $ref: '#/components/schemas/StreamEvent' },
      example: expect.anything(),
    },
  })
})

test('the document has the version of the release and a contact', () => {
  expect(document.info).toMatchObject({ version: release, contact: { url: 'https://portal.example' } })
})

test('each operation has a description of its own and an example', () => {
  const ids = Object.keys(operations)
  expect(ids.filter((id) => !(id in descriptions))).toEqual([])
  expect(Object.keys(descriptions).filter((id) => !(id in operations))).toEqual([])
  for (const { id, params, query, body, reply, status = 200 } of Object.values<Operation>(operations)) {
    const example = findExample(id)
    expect([id, example?.status]).toEqual([id, status])
    const { request } = example as NonNullable<typeof example>
    const sent = [
      [params, request.params],
      [query, request.query],
      [body, request.body],
    ] as const
    for (const [schema, value] of sent)
      if (schema !== undefined) expect([id, schema.safeParse(value ?? {}).error]).toEqual([id, undefined])
    if (reply === null) continue
    const answer = 'safeParse' in reply ? reply : 'events' in reply ? reply.events : undefined
    if (answer !== undefined) expect([id, answer.safeParse(example?.body).error]).toEqual([id, undefined])
    else if ('mediaTypes' in reply)
      expect([id, reply.mediaTypes]).toEqual([id, expect.arrayContaining([example?.mediaType])])
  }
})

test('the document shows the example of a request, also in its query and headers, and of a file and an event', () => {
  const parameters = byId('listCertificates').parameters.filter(({ example }) => example !== undefined)
  expect(parameters.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['organization', 'environment', 'status', 'limit']),
  )
  const tag = byId('updateCertificate').parameters.find(({ name }) => name === 'If-Match')
  expect(tag?.example).toMatch(/^"[\w-]+"$/)
  const { content } = byId('downloadCertificate').responses[200] as { content: Record<string, Json> }
  expect(content['application/x-pem-file']?.example).toMatch(/^-----BEGIN CERTIFICATE-----/)
  const stream = byId('streamCertificateActivity').responses[200]?.content?.['text/event-stream'] as Json
  expect(stream.example).toMatchObject({ type: 'certificate.state_changed' })
})

test('each operation says how to authenticate and which role it needs', () => {
  for (const { id, access, operatorToo } of Object.values<Operation>(operations)) {
    const { security, description, responses } = byId(id)
    const scope = findApiKeyScope({ id })
    const withKey = scope === undefined ? [] : [{ apiKey: [] }]
    expect([id, security]).toEqual([id, access === 'anyone' ? [] : [{ session: [] }, ...withKey]])
    if (scope !== undefined) expect(description).toContain(`API keys need the scope \`${scope}\``)
    if (access === 'anyone') continue
    expect([id, responses[401]?.headers]).toEqual([id, { 'WWW-Authenticate': expect.anything() }])
    if (access !== 'signed-in') expect(description).toContain(`role ${access}`)
    if (operatorToo) expect(description).toContain('or the platform role operator')
  }
})

test('a deprecated operation says since when, until when, and what takes its place', () => {
  const old = operation({
    id: 'listOld',
    summary: 'Old',
    method: 'GET',
    path: '/old',
    access: 'anyone',
    reply: null,
    stability: 'preview',
    deprecation: { since: '2027-01-01', sunset: '2027-07-01', instead: 'listNew' },
  })
  expect(describeOperation(old, 'old', {})).toMatchObject({
    deprecated: true,
    'x-stability': 'preview',
    description: expect.stringContaining('Use `listNew` instead.'),
    responses: { 200: { headers: { Deprecation: {}, Sunset: {} } } },
  })
  expect(byId('getSession')).toMatchObject({ 'x-stability': 'stable' })
  expect(byId('getSession')).not.toHaveProperty('deprecated')
})
