import { expect, test } from 'vitest'
import type { UsageBatch } from '../contract/usage-batch.ts'
import { createTelemetry, type Observation } from './telemetry.ts'

const observe = (traceId: string, changes: Partial<Observation> = {}): Observation => ({
  at: 3_600_000,
  kind: 'call',
  outcome: 'ok',
  code: null,
  wouldBeCode: null,
  explanation: null,
  environment: 'production',
  organizationId: 'org_1',
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
}

test('counts every call and keeps the newest rows while the store is away, and writes the same batch again', async () => {
  const written: UsageBatch[] = []
  let away = true
  const tried: string[][] = []
  const telemetry = createTelemetry({
    ...thisProcess,
    clock,
    async write(batch) {
      tried.push(batch.records.map(({ traceId }) => traceId))
      if (away) throw new Error('the store is away')
      written.push(batch)
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
  expect(telemetry.droppedRecords()).toBe(801)
})

test('tells of itself, and of a revocation with the confirmation that follows', async () => {
  const written: UsageBatch[] = []
  const telemetry = createTelemetry({
    ...thisProcess,
    clock,
    async write(batch) {
      written.push(batch)
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

test('does not call a certificate used that was only refused', async () => {
  const written: UsageBatch[] = []
  const write = async (batch: UsageBatch) => void written.push(batch)
  const telemetry = createTelemetry({ ...thisProcess, clock, write })
  telemetry.record(observe('a', { outcome: 'refused', code: 'certificate_expired', accepted: false }))
  await telemetry.close()
  expect(written[0]?.certificates[0]).toMatchObject({ ok: 0, refusals: 1, lastAcceptedAt: null })
})

test('keeps the proofs of keys in a bounded number, and lets none be displaced by another certificate', async () => {
  const written: UsageBatch[] = []
  const telemetry = createTelemetry({
    ...thisProcess,
    clock,
    write: async (batch) => void written.push(batch),
  })
  const proof = (registrationId: string, fingerprintSha256: string) => ({
    ...{ registrationId, fingerprintSha256, challenge: 'c', environment: 'production' },
    ...{ clientAddress: '127.0.0.1', at: 1 },
  })
  expect(telemetry.prove(proof('reg_1', 'honest'))).toBe(true)
  expect(telemetry.prove(proof('reg_1', 'other'))).toBe(true)
  const kept = Array.from({ length: 500 }, (_, number) =>
    telemetry.prove(proof(`reg_x${number}`, 'stranger')),
  )
  expect(kept.filter(Boolean)).toHaveLength(98)
  expect(telemetry.prove(proof('reg_1', 'honest'))).toBe(true)
  await telemetry.close()
  const all = written.flatMap(({ provenKeys }) => provenKeys)
  expect(all).toHaveLength(100)
  expect(all[0]).toMatchObject({ registrationId: 'reg_1', fingerprintSha256: 'honest' })
})
