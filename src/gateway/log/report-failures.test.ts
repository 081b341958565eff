import { expect, test } from 'vitest'
import { createFailureReport } from './report-failures.ts'

const call = { environment: { name: 'production' }, traceId: 'a'.repeat(32) }
const told = { environment: 'production', traceId: call.traceId }
const throwOne = () => new Error('one')
const throwOther = () => new Error('other')

function open() {
  const lines: { err?: Error; count?: number; traceId?: string }[] = []
  let now = 0
  const note = (details: object) => void lines.push(details)
  const report = createFailureReport({ warn: note, error: note }, { now: () => now })
  const pass = (milliseconds: number) => {
    now += milliseconds
  }
  return { lines, report, pass }
}

test('a client that causes an error at will fills no log, and hides no other error', () => {
  const { lines, report, pass } = open()
  for (let i = 0; i < 100; i += 1) report.failed(call, throwOne())
  expect(lines).toHaveLength(10)
  report.failed(call, throwOther())
  expect(lines.at(-1)).toMatchObject({ ...told, kind: 'internal_error', err: { message: 'other' }, count: 1 })
  pass(60_000)
  report.failed(call, throwOne())
  expect(lines.at(-1)).toMatchObject({ err: { message: 'one' }, count: 91 })
})

test('a clock that is set back does not silence the log', () => {
  const { lines, report, pass } = open()
  for (let i = 0; i < 20; i += 1) report.failed(call, throwOne())
  pass(-3_600_000)
  report.failed(call, throwOne())
  expect(lines).toHaveLength(11)
})

test('a mistake of the gateway on the way back is logged with its stack, one of the upstream with its cause alone', () => {
  const { lines, report } = open()
  report.upstreamFailed(
    call,
    'upstream_unavailable',
    Object.assign(new Error('gone'), { code: 'ECONNRESET' }),
  )
  expect(lines).toEqual([expect.objectContaining({ ...told, cause: 'ECONNRESET: gone' })])
  expect(lines[0]).not.toHaveProperty('err')
  report.upstreamFailed(call, 'upstream_unavailable', new TypeError('x is not a function'))
  expect(lines[1]).toMatchObject({ ...told, kind: 'internal_error', err: { message: 'x is not a function' } })
})
