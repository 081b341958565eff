import { once } from 'node:events'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import type { MetricSnapshot } from '../../src/monitoring/process-metrics.ts'
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'

interface Sending {
  method?: string
  headers?: Record<string, string>
}

async function send(harness: GatewayHarness, as: TestClient, path: string, sending: Sending = {}) {
  const tls = { ca: harness.ca, cert: as.cert, key: as.key, agent: false as const }
  const request = httpsRequest({ host: 'localhost', port: harness.port(), path, ...tls, ...sending })
  request.end()
  const [response] = await once(request, 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return { status: response.statusCode as number, text }
}

const read = async (harness: GatewayHarness): Promise<MetricSnapshot> =>
  (await harness.gateways[0]?.readMetrics?.()) ?? []

/** Returns the values of a metric by its labels other than the role. */
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
const countSeries = (snapshot: MetricSnapshot, own = /^(postern|http)_/) =>
  snapshot.filter(({ name }) => own.test(name)).reduce((sum, { values }) => sum + values.length, 0)

test('a gateway counts calls, token requests and handshakes by outcome, and measures both sides', async () => {
  await using harness = await openGatewayHarness({ hasMetrics: true })
  const client = await harness.issue()
  const { clientId, secret } = await harness.createCredential()
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const asked = await send(harness, client, `/token/${clientId}`, {
    method: 'POST',
    headers: { ...form, 'x-api-key': secret },
  })
  const headers = { authorization: `Bearer ${JSON.parse(asked.text).access_token}` }
  await send(harness, client, `/token/${clientId}`, {
    method: 'POST',
    headers: { ...form, 'x-api-key': 'no' },
  })
  expect((await send(harness, client, '/payments', { headers })).status).toBe(200)
  expect((await send(harness, client, '/payments')).status).toBe(401)
  const plain = connect(harness.port(), '127.0.0.1').end('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  plain.resume()
  await once(plain, 'close')

  await expect
    .poll(async () => valuesOf(await read(harness), 'postern_gateway_handshakes_failed_total'))
    .toEqual({ plain_http_on_tls_port: 1 })
  const metrics = await read(harness)
  expect(valuesOf(metrics, 'postern_gateway_calls_total')).toEqual({
    'production ok': 1,
    'production token_missing': 1,
  })
  expect(valuesOf(metrics, 'postern_gateway_token_requests_total')).toEqual({
    'production token ok': 1,
    'production token client_authentication_failed': 1,
  })
  expect(valuesOf(metrics, 'postern_gateway_handshakes_total')).toEqual({ '': 4 })
  expect(valuesOf(metrics, 'postern_gateway_change_lag_seconds')['']).toBeLessThan(30)
  expect(valuesOf(metrics, 'postern_store_response_seconds')['']).toBeGreaterThan(0)
  const expires = valuesOf(metrics, 'postern_server_certificate_not_after_timestamp_seconds').production ?? 0
  expect(expires * 1000).toBeGreaterThan(Date.now())
  const histogram = (name: string) =>
    metrics
      .find((one) => one.name === name)
      ?.values.filter((value) => 'metricName' in value && String(value.metricName).endsWith('_count'))
      .map(({ labels, value }) => [labels.status_class, value])
  expect(histogram('http_client_request_duration_seconds')).toEqual([['2xx', 1]])
  expect(histogram('http_server_request_duration_seconds')).toEqual(
    expect.arrayContaining([
      ['2xx', 2],
      ['4xx', 2],
    ]),
  )
})

test('neither certificates nor organizations, paths, methods, names or secrets make series', async () => {
  await using harness = await openGatewayHarness({
    hasMetrics: true,
    environments: { production: { recordedPaths: 'full' } },
  })
  const clients = await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      harness.issue({ organization: index % 2 ? 'acme' : 'globex', registered: index % 3 !== 0 }),
    ),
  )
  await send(harness, clients[1] as TestClient, '/')
  const hostile = async (round: number) => {
    for (const [index, client] of clients.entries()) {
      const secret = `s3cret-${round}-${index}`
      await send(harness, client, `/${secret}/token/${secret}`, {
        method: index % 2 ? 'POST' : 'GET',
        headers: { authorization: `Bearer ${secret}` },
      })
      await send(harness, client, `/token/${secret}`, { method: 'POST', headers: { 'x-api-key': secret } })
    }
  }
  await hostile(1)
  const before = await read(harness)
  await hostile(2)
  const after = await read(harness)
  expect(countSeries(after)).toBe(countSeries(before))
  expect(countSeries(after, /./)).toBeLessThan(400)
  const text = JSON.stringify(after)
  expect(text).not.toMatch(/s3cret|acme|globex|cert_|org_/)
  for (const { id, name } of clients)
    for (const each of [id, name]) if (each !== '') expect(text).not.toContain(each)
})

test('a gateway without a listener for operations counts nothing', async () => {
  await using harness = await openGatewayHarness()
  expect(harness.gateways[0]?.readMetrics).toBeUndefined()
})
