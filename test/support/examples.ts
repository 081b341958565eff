import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Operation } from '../../src/contract/operation.ts'

/** A request of an example, with the headers that it has beside those of every request. */
export interface ExampleRequest {
  params?: object
  query?: object
  headers?: Record<string, string>
  body?: unknown
}

/** One example of the API document: a request, and its answer. */
interface Example {
  request: ExampleRequest
  status: number
  /** Of an answer that is not JSON; its `body` is then a text, or undefined. */
  mediaType?: string
  body?: unknown
}

const file = join(import.meta.dirname, '../../src/contract/examples.json')
const recorded: Record<string, Example> = {}
/** Set by the command in CONTRIBUTING.md: the answers become the examples. */
const isRecording = process.env.POSTERN_RECORD_EXAMPLES === '1'
const known: Record<string, Example> = isRecording ? {} : JSON.parse(readFileSync(file, 'utf8'))

/**
 * Returns the request of the example of an operation, with the IDs, moments, keys and signatures of `own` in place of
 * those that were recorded. Throws if the two do not have the same members.
 */
export function toExampleRequest({ id }: Operation, own: ExampleRequest): ExampleRequest {
  if (isRecording) return own
  const example = known[id]
  if (example === undefined) throw new Error(`${id} has no example: record it as CONTRIBUTING.md says`)
  expect([id, findDifference(example.request, toJson(own))]).toEqual([id, undefined])
  return putOwn(example.request, toJson(own)) as ExampleRequest
}

/** Compares the answer to an example with the one that was recorded, or records it. */
export function compareWithExample(
  { id }: Operation,
  request: ExampleRequest,
  answer: Omit<Example, 'request'>,
) {
  const { status, mediaType, body } = answer
  const seen: Example = {
    request,
    status,
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(body === undefined || body === '' ? {} : { body: shorten(body) }),
  }
  if (isRecording) recorded[id] = seen
  else {
    expect([id, seen.status, seen.mediaType]).toEqual([id, known[id]?.status, known[id]?.mediaType])
    expect([id, findDifference(known[id]?.body, toJson(seen.body))]).toEqual([id, undefined])
  }
}

const toJson = (value: unknown): unknown => (value === undefined ? value : JSON.parse(JSON.stringify(value)))

/** Lists of objects are shown by their first two. */
function shorten(value: unknown): unknown {
  if (Array.isArray(value)) return (typeof value[0] === 'object' ? value.slice(0, 2) : value).map(shorten)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shorten(inner)]))
}

/** Writes what was recorded, with ids, moments and secrets that are the same each time. */
export function keepExamples(): void {
  if (!isRecording) return
  const sorted = Object.fromEntries(Object.entries(recorded).toSorted(([a], [b]) => a.localeCompare(b)))
  writeFileSync(file, `${JSON.stringify(settle(sorted), null, 2)}\n`)
}

/** Values that belong to one Postern, by their form, and by the name of their member. */
const ownForms =
  /^(?:[a-z]{2,4}_[0-9a-z]{26}|-----BEGIN [\s\S]*|\d{4}-\d\d-\d\dT.*Z|acme-\d{4,}|[0-9a-f]{32})$/
const ownMembers = ['If-Match', 'Step-Up-Proof', 'signature', 'token', 'code', 'response']

/** Returns `example` with the values of `own` where they belong to one Postern; the two have the same members. */
function putOwn(example: unknown, own: unknown, name = ''): unknown {
  if (ownMembers.includes(name)) return own
  if (typeof example === 'string') return ownForms.test(example) ? own : example
  if (typeof example !== 'object' || example === null) return example
  if (Array.isArray(example)) return example.map((one, index) => putOwn(one, (own as unknown[])[index], name))
  return Object.fromEntries(
    Object.entries(example).map(([key, inner]) => [
      key,
      putOwn(inner, (own as Record<string, unknown>)[key], key),
    ]),
  )
}

/** The data of an event differs with its type: only its schema says what it is. */
const ofTheirOwn = ['data', 'before', 'after', 'detail']

/** Returns where `seen` has other members or types than `example`; null fits everything. */
function findDifference(example: unknown, seen: unknown, place = '#'): string | undefined {
  if (example === null || seen === null) return undefined
  if (Array.isArray(example) && Array.isArray(seen)) {
    if (example.length === 0) return undefined
    return seen.map((one, index) => findDifference(example[0], one, `${place}/${index}`)).find(Boolean)
  }
  if (typeof example !== typeof seen) return `${place} is ${typeof seen}`
  if (typeof example !== 'object' || typeof seen !== 'object') return undefined
  const [names, others] = [example, seen].map((one) => Object.keys(one as object).toSorted())
  if (`${names}` !== `${others}`) return `${place} has ${others}, the example ${names}`
  return Object.entries(seen as object)
    .filter(([name]) => !ofTheirOwn.includes(name))
    .map(([name, inner]) =>
      findDifference((example as Record<string, unknown>)[name], inner, `${place}/${name}`),
    )
    .find(Boolean)
}

const idPattern = /\b([a-z]{2,4}_)[0-9a-z]{26}\b/g
const momentPattern = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g
const firstMoment = Date.UTC(2026, 2, 2, 9)

/** Replaces what differs each time: ids are counted, moments begin with one morning, secrets are no secrets. */
function settle(examples: unknown): unknown {
  const ids = new Map<string, string>()
  const text = JSON.stringify(examples)
  const earliest = Math.min(...[...text.matchAll(momentPattern)].map(([moment]) => Date.parse(moment)))
  const settled = text
    .replaceAll(idPattern, (id, prefix) => {
      if (!ids.has(id)) ids.set(id, `${prefix}01k8z3v9qd4n7xw2r5tf${String(ids.size).padStart(6, '0')}`)
      return ids.get(id) as string
    })
    .replaceAll(momentPattern, (moment) =>
      new Date(firstMoment + Date.parse(moment) - earliest).toISOString(),
    )
    .replaceAll(/"clientSecret":"[^"]+"/g, '"clientSecret":"shown-in-this-answer-only"')
    .replaceAll(/"(token|Step-Up-Proof)":"[\w-]{43}"/g, '"$1":"k4wXqM0r9b1Zf7c2Vt8yLs3Jd6Hn5Gp_Ae-UoTiRxQk"')
    .replaceAll(/("secret":"|secret=)[A-Z2-7]{32}/g, '$1JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP')
    .replaceAll(/"(?:[a-z2-7]{5}-){3}[a-z2-7]{5}"/g, '"abcde-fghij-klmno-pqrst"')
    .replaceAll(/"redirectUri":"[^"]+"/g, '"redirectUri":"https://portal.example/sso/callback/acme"')
    .replaceAll(
      /"authorizationUrl":"[^"]+"/g,
      '"authorizationUrl":"https://login.acme.example/authorize?response_type=code&…"',
    )
    .replaceAll(/"response":"[^"]+"/g, '"response":"code=…&state=…&iss=https%3A%2F%2Flogin.acme.example"')
    .replaceAll(/"recordValue":"[^"]+"/g, '"recordValue":"postern-domain=of-this-organization-alone"')
  return JSON.parse(settled)
}
