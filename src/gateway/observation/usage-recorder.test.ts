import { expect, test } from 'vitest'
import type { UsageBatch } from '../../contract/usage-batch.ts'
import { PosternError } from '../../errors.ts'
import { createTelemetryReport } from '../log/report-telemetry.ts'
import type { Observation } from './observation.ts'
import { createUsageRecorder } from './usage-recorder.ts'

const observe = (traceId: string, changes: Partial<Observation> = {}): Observation => ({
  at: 3_600_000,
  kind: 'call',
  outcome: 'ok',
  code: null,
  wouldBeCode: null,
  explanation: null,
  environment: 'production',
  organizationId: 'org_1',
  proven: true,
  certificateId: 'cert_1',
  credentialId: null,
  clientId: null,
  method: 'GET',
  path: '/',
  status: 200,
  tlsVersion: null,
  cipher: null,
  resumed: false,
  clientAddress: '127.0.0.1',
  serverName: null,
  presented: null,
  traceId,
  accepted: true,
  ...changes,
})

const clock = { now: () => 3_600_000 }
let named = 0
const thisProcess = {
  newId() {
    named += 1
    return `act_${named}`
  },
  gateway: { id: 'gw_1', host: 'edge-1', release: '1.2.3' },
  count: () => ({ connections: 3, handshakes: 4 }),
  toRecorded: (seen: Observation) => seen,
  report: createTelemetryReport({ warn: () => {}, error: () => {} }, clock),
}

test('every request is counted and the latest events are kept while the store is unavailable, and the same batch is written again', async () => {
  const written: UsageBatch[] = []
  let away = true
  const tried: string[][] = []
  const telemetry = createUsageRecorder({
    ...thisProcess,
    clock,
    async write(batch) {
      tried.push(batch.records.map(({ traceId }) => traceId))
      if (away) throw new Error('the store is away')
      written.push(batch)
      return []
    },
  })
  telemetry.record(observe('first'))
  telemetry.confirm(7)
  await new Promise((resolve) => setTimeout(resolve, 20))
  for (let i = 0; i < 1000; i++) telemetry.record(observe(`call ${i}`))
  telemetry.record(observe('refused', { outcome: 'refused', code: 'token_missing', accepted: true }))
  away = false
  await telemetry.close()
  expect(tried[0]).toEqual(['first'])
  expect(tried[1]).toEqual(['first'])
  expect(written).toHaveLength(2)
  expect(written[0]?.gateway).toMatchObject({ id: 'gw_1', confirmedVersion: 7, processId: process.pid })
  expect(written[1]?.records).toHaveLength(200)
  expect(written[1]?.records.at(-1)?.traceId).toBe('refused')
  const ids = written.flatMap(({ records }) => records.map(({ id }) => id))
  expect(new Set(ids).size).toBe(201)
  expect(written[1]?.certificates).toMatchObject([
    {
      certificateId: 'cert_1',
      minute: 3_600_000,
      ok: 1000,
      refusals: 1,
      firstAcceptedAt: 3_600_000,
      lastAcceptedAt: 3_600_000,
    },
  ])
  expect(written.map(({ number }) => number)).toEqual([1, 2])
})

test('a batch has the state of the gateway, and a revocation together with its confirmation', async () => {
  const written: UsageBatch[] = []
  const telemetry = createUsageRecorder({
    ...thisProcess,
    clock,
    async write(batch) {
      written.push(batch)
      return []
    },
  })
  telemetry.record(observe('call'))
  telemetry.record(observe('handshake alone', { kind: 'connection' }))
  telemetry.enforce({ certificateId: 'cert_1', at: 5, connections: 2 })
  telemetry.confirm(8)
  await telemetry.close()
  expect(written[0]?.gateway).toMatchObject({ host: 'edge-1', release: '1.2.3', connections: 3, answers: 1 })
  expect(written.flatMap(({ enforcements }) => enforcements)).toEqual([
    { certificateId: 'cert_1', at: 5, connections: 2 },
  ])
})

test('a certificate that was only denied is not counted as used', async () => {
  const written: UsageBatch[] = []
  const write = async (batch: UsageBatch) => {
    written.push(batch)
    return []
  }
  const telemetry = createUsageRecorder({ ...thisProcess, clock, write })
  telemetry.record(observe('a', { outcome: 'refused', code: 'certificate_expired', accepted: false }))
  await telemetry.close()
  expect(written[0]?.certificates[0]).toMatchObject({ ok: 0, refusals: 1, lastAcceptedAt: null })
  expect(written[0]?.certificates[0]?.lastDeniedAt).toBe(written[0]?.records[0]?.at)
})

test('a retry has the current state and confirmation, and the reason is logged once per minute', async () => {
  let now = 3_600_000
  let away = true
  const lines: object[] = []
  const tried: UsageBatch[] = []
  const moving = { now: () => now }
  const telemetry = createUsageRecorder({
    ...thisProcess,
    clock: moving,
    report: createTelemetryReport({ warn: (details) => void lines.push(details), error: () => {} }, moving),
    async write(batch) {
      tried.push(batch)
      if (away) throw new PosternError('storage_unavailable', 'Away.', { detail: '42P01' })
      return [{ part: 'records', code: '23502', count: 3 }]
    },
  })
  const next = async () => {
    telemetry.confirm(tried.length + 1)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  telemetry.record(observe('kept'))
  await next()
  now += 30_000
  telemetry.enforce({ certificateId: 'cert_1', at: 5, connections: 2 })
  telemetry.record(observe('later'))
  await next()
  now += 40_000
  await next()
  expect(tried.map(({ number, records }) => [number, records.length])).toEqual([
    [1, 1],
    [1, 1],
    [1, 1],
  ])
  expect(tried[1]?.gateway).toMatchObject({ confirmedVersion: 2, lagMilliseconds: 30_000, waitingRecords: 2 })
  expect(tried[2]?.enforcements).toEqual([{ certificateId: 'cert_1', at: 5, connections: 2 }])
  const failure = { kind: 'telemetry_not_written', code: '42P01' }
  expect(lines).toMatchObject([
    { ...failure, count: 1 },
    { ...failure, count: 2, lagMilliseconds: 70_000 },
  ])
  away = false
  await telemetry.close()
  expect(lines.slice(2)).toMatchObject([{ part: 'records', code: '23502', count: 3 }])
  expect(tried.at(-1)?.gateway).toMatchObject({ rejectedRows: 3, lagMilliseconds: 0 })
})
