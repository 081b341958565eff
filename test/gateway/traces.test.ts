import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { openGatewayHarness } from '../support/gateway-harness.ts'
import { openTraceCollector } from '../support/trace-collector.ts'

const id = '4bf92f3577b34da6a3ce929d0e0e4736'
const parent = '00f067aa0ba902b7'

test('a call that its client records has its spans, and the upstream gets the span of the call as its parent', async () => {
  const collector = await openTraceCollector()
  onTestFinished(() => collector.close())
  const seen: IncomingHttpHeaders[] = []
  const upstream = createServer((request, response) => {
    seen.push(request.headers)
    response.end('{}')
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  onTestFinished(() => void upstream.close())
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
  const harness = await openGatewayHarness({
    environments: { production: { upstream: url } },
    traces: { endpoint: collector.endpoint, ratio: 0 },
  })
  const client = await harness.issue()
  const { clientId, secret } = await harness.createCredential()
  const send = async (path: string, headers: Record<string, string>, form?: string) => {
    const { cert, key } = client
    const asked = httpsRequest({
      ...{ host: 'localhost', port: harness.port(), path, ca: harness.ca, cert, key, agent: false },
      ...{ method: form === undefined ? 'GET' : 'POST', headers },
    })
    asked.end(form)
    const [response] = await once(asked, 'response')
    let text = ''
    for await (const chunk of response) text += chunk
    return { status: response.statusCode as number, traceId: response.headers['postern-trace-id'], text }
  }
  const tokenHeaders = {
    authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
    traceparent: `00-${id}-${parent}-01`,
  }
  const { access_token: token } = JSON.parse(
    (await send('/token', tokenHeaders, 'grant_type=client_credentials')).text,
  )
  const authorization = `Bearer ${token}`
  const recorded = { authorization, traceparent: `00-${id}-${parent}-01`, tracestate: 'vendor=1' }
  expect(await send('/payments?iban=DE02', recorded)).toMatchObject({ status: 200, traceId: id })
  expect(
    await send('/payments', { authorization: 'Bearer wrong', traceparent: recorded.traceparent }),
  ).toMatchObject({
    status: 401,
  })
  // Neither asks for a record: the upstream is told not to make one.
  const other = id.replaceAll('4', '5')
  await send('/payments', { authorization, traceparent: `00-${other}-${parent}-00` })
  await send('/payments', { authorization })
  await harness[Symbol.asyncDispose]()

  const { spans } = collector
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([id]))
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === parent)
  expect(roots.map(({ name, kind, attributes }) => [name, kind, attributes['postern.outcome']])).toEqual([
    ['POST', 2, 'ok'],
    ['GET', 2, 'ok'],
    ['GET', 2, 'token_invalid'],
  ])
  const [issuance, call] = roots
  expect(call).toMatchObject({ service: 'postern-gateway', failure: undefined })
  expect(call?.attributes).toMatchObject({
    ...{ 'http.request.method': 'GET', 'http.response.status_code': 200, 'url.scheme': 'https' },
    ...{ 'postern.environment': 'production', 'network.protocol.version': '1.1' },
  })
  const below = (root: typeof call) => spans.filter(({ parentSpanId }) => parentSpanId === root?.spanId)
  expect(below(issuance).map(({ name }) => name)).toEqual(['postern.access.decide', 'postern.token'])
  const forwarded = below(call).find(({ kind }) => kind === 3)
  expect(below(call).map(({ name }) => name)).toEqual([
    'postern.access.decide',
    'postern.token.verify',
    'GET',
  ])
  expect(forwarded?.attributes).toMatchObject({ 'http.response.status_code': 200 })
  expect(below(roots[2])).toMatchObject([{ failure: undefined }, { failure: 'token_invalid' }])

  expect(seen[0]).toMatchObject({
    traceparent: `00-${id}-${forwarded?.spanId}-01`,
    tracestate: 'vendor=1',
    'postern-trace-id': id,
  })
  expect(seen[1]?.traceparent).toMatch(new RegExp(`^00-${other}-[0-9a-f]{16}-00$`))
  expect(seen[2]?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
  for (const text of [secret, token, 'DE02', 'iban', 'wrong']) expect(collector.heard()).not.toContain(text)
})
