import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import type { MetricSnapshot } from '../../src/monitoring/process-metrics.ts'
import { signInFirst } from '../support/api.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { findFreePort } from '../support/postgres.ts'

let postern: LocalPostern

beforeAll(async () => {
  postern = await openPostern({ config: { operations: { port: await findFreePort() } } })
})
afterAll(() => postern?.stop())

const read = async (): Promise<MetricSnapshot> => (await postern.readMetrics()) ?? []

function valuesOf(snapshot: MetricSnapshot, name: string): Record<string, number> {
  const metric = snapshot.find((one) => one.name === name)
  return Object.fromEntries(
    (metric?.values ?? []).map(({ labels: { role: _, ...labels }, value }) => [
      Object.values(labels).join(' '),
      value,
    ]),
  )
}
/** Counts the series of Postern's own metrics: those of Node depend on what else the test process does. */
const countSeries = (snapshot: MetricSnapshot, own = /^(postern_portal|postern_sign_ins|http)_/) =>
  snapshot.filter(({ name }) => own.test(name)).reduce((sum, { values }) => sum + values.length, 0)

test('the portal counts requests by operation, sign-ins, jobs and tasks, and tells the state of the platform', async () => {
  const admin = await signInFirst(postern, 'admin@acme.example')
  await admin.call(operations.listCertificates, { params: { organization: 'acme' } })
  const wrong = { email: 'admin@acme.example', password: 'not this one' }
  await postern.fetch(`${postern.portalUrl}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wrong),
  })
  const metrics = await read()
  const requests = valuesOf(metrics, 'postern_portal_requests_total')
  expect(requests).toMatchObject({ 'listCertificates 2xx': 1, 'signIn 4xx': 1 })
  expect(valuesOf(metrics, 'postern_sign_ins_total')).toMatchObject({ failed: 1 })
  expect(valuesOf(metrics, 'postern_sign_ins_total').ok).toBeGreaterThan(0)
  expect(valuesOf(metrics, 'postern_task_runs_total')).toMatchObject({ 'publish-revocation-lists ok': 1 })
  const succeeded = valuesOf(metrics, 'postern_task_last_success_timestamp_seconds')
  expect(succeeded['publish-revocation-lists']).toBeGreaterThan(Date.now() / 1000 - 600)
  expect(valuesOf(metrics, 'postern_audit_head_sequence')['']).toBeGreaterThan(0)
  expect(valuesOf(metrics, 'postern_approvals_waiting')).toEqual({ '': 0 })
  expect(valuesOf(metrics, 'postern_emails_waiting')).toEqual({ '': expect.any(Number) })
  expect(valuesOf(metrics, 'postern_emails_oldest_timestamp_seconds')).toEqual({})
  const soon = Date.now() / 1000
  for (const name of [
    'postern_crl_next_update_timestamp_seconds',
    'postern_ca_not_after_timestamp_seconds',
  ]) {
    const times = valuesOf(metrics, name)
    expect(Object.keys(times).toSorted()).toEqual(['production', 'root', 'staging'])
    for (const time of Object.values(times)) expect(time).toBeGreaterThan(soon)
  }
})

test('no request of a stranger makes a series of its own', async () => {
  const paths = (round: number) => [
    `/stranger-${round}`,
    `/api/v1/stranger-${round}`,
    `/api/v1/organizations/stranger-${round}/certificates`,
    `/api/v1/organizations/acme/certificates/stranger-${round}?stranger-${round}=1`,
    `/stranger-${round}.js`,
  ]
  const askAll = async (round: number) => {
    for (const path of paths(round))
      await postern.fetch(`${postern.portalUrl}${path}`, { headers: { 'x-stranger': `stranger-${round}` } })
  }
  await askAll(0)
  const before = await read()
  for (let round = 1; round < 20; round += 1) await askAll(round)
  const after = await read()
  expect(countSeries(after)).toBe(countSeries(before))
  expect(JSON.stringify(after)).not.toMatch(/stranger|acme|globex|@/)
  expect(countSeries(after, /./)).toBeLessThan(600)
})
