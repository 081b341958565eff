import { describe, expect, it } from 'vitest'
import { createTraceId, readTrace, readTraceId, toTraceparent } from './trace-id.ts'

const id = '4bf92f3577b34da6a3ce929d0e0e4736'
const parent = '00f067aa0ba902b7'

describe('readTrace', () => {
  it('takes the trace ID and the flags of a valid traceparent', () => {
    expect(readTrace(`00-${id}-${parent}-01`)).toEqual({ id, isOfClient: true, parentId: parent, flags: 1 })
    expect(readTrace(`00-${id}-${parent}-00`)).toEqual({ id, isOfClient: true, parentId: parent, flags: 0 })
  })

  it('takes a later version by its first four fields', () => {
    expect(readTraceId(`cc-${id}-${parent}-01-what-the-future-will-be-like`)).toBe(id)
    expect(readTraceId(`cc-${id}-${parent}-01`)).toBe(id)
  })

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['a trace ID of zeros', `00-${'0'.repeat(32)}-${parent}-01`],
    ['a parent ID of zeros', `00-${id}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${id.toUpperCase()}-${parent}-01`],
    ['the invalid version', `ff-${id}-${parent}-01`],
    ['a version 00 that goes on', `00-${id}-${parent}-01-more`],
    ['a later version that goes on without a dash', `cc-${id}-${parent}-01.more`],
    ['a UUID', 'f47ac10b-58cc-4372-a567-0e02b2c3d479'],
    ['two headers in one', `00-${id}-${parent}-01, 00-${id}-${parent}-01`],
    ['two headers', [`00-${id}-${parent}-01`, `00-${id}-${parent}-01`]],
    ['white space', ` 00-${id}-${parent}-01`],
    ['a line break after it', `00-${id}-${parent}-01\n`],
  ])('begins a trace for %s', (_, header) => {
    const trace = readTrace(header)
    expect(trace).toMatchObject({ isOfClient: false, flags: undefined })
    expect(trace.id).toMatch(/^[0-9a-f]{32}$/)
    expect(trace.id).not.toBe(id)
  })
})

it('createTraceId gives another ID each time', () => {
  expect(new Set(Array.from({ length: 1000 }, createTraceId)).size).toBe(1000)
})

describe('toTraceparent', () => {
  it('keeps trace ID and known flags under a new parent ID', () => {
    const sent = toTraceparent(readTrace(`00-${id}-${parent}-fe`))
    expect(sent).toMatch(new RegExp(`^00-${id}-[0-9a-f]{16}-02$`))
    expect(sent).not.toContain(parent)
    expect(readTraceId(sent)).toBe(id)
  })

  it('marks a trace that begins here as sampled', () => {
    expect(toTraceparent(readTrace(undefined))).toMatch(/-01$/)
  })
})
