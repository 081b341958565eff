import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { toOpenApi } from '../src/http/openapi.ts'
import { findBreakingChanges } from './find-breaking-changes.ts'

type Json = Record<string, unknown>

const body = (schema: Json) => ({ content: { 'application/json': { schema } } })
const thing = {
  type: 'object',
  properties: { name: { type: 'string' }, kind: { enum: ['a', 'b'] } },
  required: ['name'],
}
const operation = {
  operationId: 'putThing',
  security: [] as Json[],
  parameters: [
    { name: 'limit', in: 'query', required: false, schema: { type: 'integer', maximum: 200 } },
  ] as Json[],
  requestBody: { required: true, ...body(thing) } as Json | undefined,
  responses: { 200: body({ $ref: '#/components/schemas/Thing' }) } as Json,
}
const document = (changed: Partial<typeof operation> = {}, schema: Json = thing, paths?: Json): Json => ({
  paths: paths ?? { '/thing': { put: { ...operation, ...changed } } },
  components: { schemas: { Thing: schema } },
})
const sent = (changes: Json) => ({ requestBody: { required: true, ...body({ ...thing, ...changes }) } })
const withMember = (member: Json) => ({ properties: { ...thing.properties, ...member } })
const breaks = (now: Json) => findBreakingChanges(document(), now)

test.each<[string, Json, string]>([
  ['an operation that is gone', document({}, thing, {}), 'the operation is gone'],
  ['another id', document({ operationId: 'setThing' }), 'its id is now setThing'],
  ['a session', document({ security: [{ session: [] }] }), 'it now needs a session'],
  ['a parameter that is gone', document({ parameters: [] }), 'query parameter limit is gone'],
  [
    'a required parameter',
    document({
      parameters: [...operation.parameters, { name: 'x', in: 'query', required: true, schema: {} }],
    }),
    'query parameter x is now required',
  ],
  [
    'a lower bound',
    document({ parameters: [{ ...operation.parameters[0], schema: { type: 'integer', maximum: 100 } }] }),
    'query parameter limit has maximum 100',
  ],
  ['no body', document({ requestBody: undefined }), 'it takes no body any more'],
  ['a required member', document(sent({ required: ['name', 'kind'] })), 'the body.kind is now required'],
  [
    'a member that is no longer taken',
    document(sent({ properties: { name: { type: 'string' } } })),
    'the body has no kind any more',
  ],
  [
    'a value that is no longer taken',
    document(sent(withMember({ kind: { enum: ['a'] } }))),
    'the body.kind no longer takes b',
  ],
  [
    'a list of values',
    document(sent(withMember({ name: { type: 'string', enum: ['x'] } }))),
    'the body.name takes only x',
  ],
  [
    'a pattern',
    document(sent(withMember({ name: { type: 'string', pattern: '^x' } }))),
    'the body.name has another pattern',
  ],
  [
    'another type of a member that is sent',
    document(sent(withMember({ name: { type: 'integer' } }))),
    'the body.name was string and is integer',
  ],
  ['another status', document({ responses: { 201: operation.responses[200] } }), 'it no longer answers 200'],
  [
    'another media type',
    document({ responses: { 200: { content: { 'text/plain': {} } } } }),
    'the answer is no longer application/json',
  ],
  [
    'a member that is not answered',
    document({}, { ...thing, properties: { name: { type: 'string' } } }),
    'the answer has no kind any more',
  ],
  [
    'a member that may be left out',
    document({}, { ...thing, required: [] }),
    'the answer.name may be left out',
  ],
  [
    'another type of an answer',
    document({}, { ...thing, ...withMember({ name: { type: 'array' } }) }),
    'the answer.name was string and is array',
  ],
  [
    'null in an answer',
    document({}, { ...thing, ...withMember({ name: { type: ['string', 'null'] } }) }),
    'the answer.name may now be null',
  ],
])('%s is named', (_, now, sentence) => {
  expect(breaks(now)).toEqual([`PUT /thing: ${sentence}`])
})

test('a required body, a null that is no longer taken and a variant that is gone are named', () => {
  const withBody = (schema: Json) => document({ requestBody: { required: true, ...body(schema) } })
  expect(findBreakingChanges(document({ requestBody: undefined }), document())).toEqual([
    'PUT /thing: a body is now required',
  ])
  const nullable = withBody({ anyOf: [{ type: 'string' }, { type: 'null' }] })
  expect(findBreakingChanges(nullable, withBody({ type: 'string' }))).toEqual([
    'PUT /thing: the body no longer takes null',
  ])
  const union = (...names: string[]) =>
    withBody({ oneOf: names.map((name) => ({ $ref: `#/components/schemas/${name}` })) })
  expect(findBreakingChanges(union('Thing', 'Other'), union('Thing'))).toEqual([
    'PUT /thing: the body no longer takes Other',
  ])
})

test('additions break nothing, and schemas that refer to themselves have an end', () => {
  expect(breaks(document())).toEqual([])
  const more = withMember({ added: { type: 'string' } })
  expect(breaks(document(sent(more), { ...thing, ...more, required: ['name', 'added'] }))).toEqual([])
  expect(breaks(document({}, { ...thing, ...withMember({ kind: { enum: ['a', 'b', 'c'] } }) }))).toEqual([])
  const tree = { type: 'object', properties: { below: { $ref: '#/components/schemas/Thing' } } }
  expect(findBreakingChanges(document({}, tree), document({}, tree))).toEqual([])
})

test('the API breaks no client of the last released document', () => {
  const released = JSON.parse(readFileSync(join(import.meta.dirname, '../docs/openapi.json'), 'utf8'))
  expect(findBreakingChanges(released, toOpenApi('https://portal.example'))).toEqual([])
})
