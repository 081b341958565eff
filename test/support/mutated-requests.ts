import fc from 'fast-check'
import type { Operation } from '../../src/contract/operation.ts'
import { makeFitting } from './fitting-values.ts'
import { hostileText, hostileValue, nearlyFitting } from './hostile-values.ts'

/** A request to an operation, with one or more parts that a client got wrong. */
export interface MutatedRequest {
  /** Path parameters, as they stand in the address. */
  params: Record<string, string>
  query: string
  headers: Record<string, string>
  body: string | undefined
  /** Whether it comes with the session of a user that may call the operation. */
  isSignedIn: boolean
}

const encode = (text: string): string => encodeURIComponent(text.toWellFormed())

/** Path parameters that no client should send; most others are those of things that exist. */
const hostileSegment = fc.oneof(
  hostileText.map(encode),
  fc.constantFrom('%zz', '%2f', '..', '.', '%c0%af', ''),
)

const jsonTypes = ['application/json', 'application/json; charset=utf-8']
const otherTypes = [
  ...['text/plain', 'text/plain;charset=utf-8', 'application/x-www-form-urlencoded', 'application/xml', ''],
  ...['multipart/form-data; boundary=x', 'application/merge-patch+json', 'application/json, text/html'],
  ...['*/*', '/', 'application/json; charset=utf-16', 'application/jsonx'],
]

/** Headers that a server may read, with values that it should not trust. */
const strayHeader = fc.oneof(
  fc.constantFrom<Record<string, string>>(
    { 'x-http-method-override': 'DELETE' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'https://elsewhere.example' },
    { traceparent: '00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-01' },
    { range: 'bytes=0-1' },
    { accept: 'text/html' },
    { 'accept-encoding': 'br;q=0' },
    { 'content-encoding': 'gzip' },
  ),
  fc
    .tuple(
      fc.constantFrom(
        'if-match',
        'if-none-match',
        'idempotency-key',
        'prefer',
        'last-event-id',
        'authorization',
        'step-up-proof',
      ),
      fc.oneof(fc.constantFrom('*', '"x"', 'W/"x"', '"', ',', ';', 'wait=1'), fc.string({ maxLength: 300 })),
    )
    .map(([name, value]) => ({ [name]: value.replaceAll(/[^\x21-\x7e]/g, '_') })),
)

/** Returns requests to `operation` of which each is wrong in another way; `known` are path parameters that exist. */
export function mutatedRequests(
  operation: Operation,
  known: Readonly<Record<string, string>>,
): fc.Arbitrary<MutatedRequest> {
  return fc
    .record({
      params: paramsFor(operation, known),
      query: queryFor(operation),
      body: fc.oneof(
        { arbitrary: fc.constant(undefined), weight: operation.body === undefined ? 9 : 1 },
        { arbitrary: bodyFor(operation), weight: operation.body === undefined ? 1 : 9 },
      ),
      type: fc.oneof(
        { arbitrary: fc.constantFrom(...jsonTypes), weight: 9 },
        { arbitrary: fc.constantFrom(...otherTypes), weight: 1 },
      ),
      stray: fc.oneof({ arbitrary: fc.constant({}), weight: 5 }, { arbitrary: strayHeader, weight: 1 }),
      isSignedIn: fc.integer({ min: 0, max: 15 }).map((number) => number > 0),
    })
    .map(({ type, stray, body, ...request }) => ({
      ...request,
      body,
      headers: { ...(body === undefined ? {} : { 'content-type': type }), ...stray },
    }))
}

function paramsFor({ params }: Operation, known: Readonly<Record<string, string>>) {
  const parts = Object.entries(params?.shape ?? {}).map(([name, schema]) => {
    const own = encode(known[name] ?? String(makeFitting(schema, 'input')))
    return [
      name,
      fc.oneof({ arbitrary: fc.constant(own), weight: 12 }, { arbitrary: hostileSegment, weight: 1 }),
    ] as const
  })
  return fc.record(Object.fromEntries(parts))
}

function queryFor({ query }: Operation): fc.Arbitrary<string> {
  const own = Object.entries(query?.shape ?? {})
  const stray = fc.tuple(fc.constantFrom('x', '__proto__', 'limit', 'cursor', 'wait'), hostileText)
  const fitting = own.map(([name, schema]) =>
    nearlyFitting(schema).map(
      (value) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
    ),
  )
  const pair = fc.oneof(...fitting, ...(own.length > 0 ? [] : [stray]))
  return fc
    .oneof(
      { arbitrary: fc.constant([]), weight: own.length > 0 ? 2 : 9 },
      { arbitrary: fc.array(pair, { maxLength: 3 }), weight: 4 },
      { arbitrary: fc.array(stray, { minLength: 1, maxLength: 1 }), weight: 1 },
    )
    .map((pairs) => pairs.map(([name, value]) => `${encode(name)}=${encode(value ?? '')}`).join('&'))
}

const tooLarge = `"${'x'.repeat(130 * 1024)}"`

/** Bodies as bytes: nearly right ones, any JSON, and what is no JSON at all. */
function bodyFor({ body }: Operation): fc.Arbitrary<string> {
  const stray = hostileValue.map((value) => JSON.stringify(value) ?? '')
  const broken = fc.constantFrom(
    '',
    '{',
    '{"a":1,}',
    '\ufeff{}',
    '{"__proto__":{}}',
    'null',
    '\0',
    '[1',
    'x=1',
    tooLarge,
  )
  if (body === undefined) return fc.oneof(fc.constant('{}'), stray, broken)
  const fitting = JSON.stringify(makeFitting(body, 'input'))
  return fc.oneof(
    { arbitrary: nearlyFitting(body).map((value) => JSON.stringify(value) ?? ''), weight: 12 },
    { arbitrary: fc.constant(fitting), weight: 2 },
    { arbitrary: fc.nat(fitting.length).map((length) => fitting.slice(0, length)), weight: 1 },
    { arbitrary: stray, weight: 2 },
    { arbitrary: broken, weight: 1 },
  )
}
