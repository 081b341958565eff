import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Operation } from '../../src/contract/operation.ts'

/** One example of the API document: a request, and what it was answered. */
export interface Example {
  request: { params?: object; query?: object; body?: unknown }
  status: number
  /** Undefined for an answer that is not JSON. */
  body?: unknown
}

const file = join(import.meta.dirname, '../../src/contract/examples.json')
const recorded: Record<string, Example> = {}
/** Set by `the command in CONTRIBUTING.md`: what is answered becomes the examples. */
const isRecording = process.env.POSTERN_RECORD_EXAMPLES === '1'
const known: Record<string, Example> = isRecording ? {} : JSON.parse(readFileSync(file, 'utf8'))

/** Compares a request and its answer with the example of the operation, or records them as that. */
export function compareWithExample(
  { id }: Operation,
  request: Example['request'],
  answer: { status: number; body: unknown },
) {
  const isJson = typeof answer.body === 'object'
  const seen: Example = { request, status: answer.status, ...(isJson ? { body: shorten(answer.body) } : {}) }
  if (isRecording) recorded[id] = seen
  else if (known[id] !== undefined)
    expect([id, findDifference(known[id], JSON.parse(JSON.stringify(seen)))]).toEqual([id, undefined])
}

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
  return JSON.parse(settled)
}
