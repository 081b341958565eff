import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { request as requestTls } from 'node:https'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { createCredentialToken } from '../support/fetch-token.ts'
import { type GatewayWorld, openGatewayWorld, type TestClient } from '../support/gateway-world.ts'

let world: GatewayWorld
let client: TestClient
let token: string

beforeAll(async () => {
  world = await openGatewayWorld({ authorizer: true })
  client = await world.issue()
  token = await createCredentialToken(world, client)
})
afterAll(() => world[Symbol.asyncDispose]())

interface Answer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  body: { code?: string; detail?: string } | undefined
}

function ask(path: string, headers: Record<string, string | string[]>, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const port = world.gateways[0]?.authorizerPort
    const asked = request({ port, path, method, headers, host: '127.0.0.1' }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      const body = text.startsWith('{') ? JSON.parse(text) : undefined
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
    })
    asked.once('error', reject).end()
  })
}

const escaped = () => encodeURIComponent(client.cert)
const base64 = () => Buffer.from(client.der).toString('base64')
const call = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/payments', 'x-forwarded-for': '192.0.2.7' }
const authorization = () => ({ authorization: `Bearer ${token}` })
const passed = () => ({
  status: 200,
  headers: { 'postern-certificate': client.name, 'postern-organization': 'acme' },
})

test('understands how Envoy asks: with the path of the call behind the prefix', async () => {
  const xfcc = `Hash=${'ab'.repeat(32)};Cert="${escaped()}";Subject="";URI=spiffe://x`
  const headers = { 'x-forwarded-client-cert': xfcc, 'x-forwarded-for': '192.0.2.7', ...authorization() }
  const answer = await ask('/authorize/production/envoy/payments?a=b', headers, 'DELETE')
  expect(answer).toMatchObject(passed())
  const [row] = await world.untilActivity(({ trace_id }) => trace_id === answer.headers['postern-trace-id'])
  expect(row).toMatchObject({ method: 'DELETE', path: '/payments', client_address: '192.0.2.7' })
})

test('understands how Traefik asks: base64 of the leaf, then of its chain', async () => {
  const headers = {
    ...call,
    ...authorization(),
    'x-forwarded-tls-client-cert': `${base64()},${'A'.repeat(64)}`,
  }
  expect(await ask('/authorize/production/traefik', headers)).toMatchObject(passed())
  const old = { ...headers, 'x-forwarded-tls-client-cert': encodeURIComponent(base64()) }
  expect(await ask('/authorize/production/traefik', old)).toMatchObject(passed())
})

test('reads the certificate of an edge from the one header of that edge', async () => {
  const all: Record<string, string> = {
    'postern-client-cert': base64(),
    'x-forwarded-tls-client-cert': base64(),
    'x-forwarded-client-cert': `Cert="${escaped()}"`,
    'client-cert': `:${base64()}:`,
    'x-ssl-client-cert': escaped(),
  }
  const own = {
    haproxy: 'postern-client-cert',
    caddy: 'postern-client-cert',
    traefik: 'x-forwarded-tls-client-cert',
    envoy: 'x-forwarded-client-cert',
  }
  for (const [edge, header] of Object.entries(own)) {
    const { [header]: _own, ...others } = all
    const path = `/authorize/production/${edge}${edge === 'envoy' ? '/payments' : ''}`
    const without = await ask(path, { ...others, ...call, ...authorization() })
    expect({ edge, code: without.body?.code }).toEqual({ edge, code: 'certificate_missing' })
    expect((await ask(path, { ...all, ...call, ...authorization() })).status).toBe(200)
  }
})

test.each([
  ['rubbish', () => 'abc'],
  ['broken percent-encoding', () => '%E0%A4%A'],
  ['two certificates', () => `${escaped()}, ${escaped()}`],
  ['a certificate with something behind it', () => `${escaped()}${encodeURIComponent('x')}`],
])('refuses %s', async (_what, value) => {
  const headers = { ...call, ...authorization(), 'postern-client-cert': value() }
  const { status, body } = await ask('/authorize/production/nginx', headers)
  expect({ status, code: body?.code }).toEqual({ status: 403, code: 'certificate_malformed' })
})

test('takes nothing of two headers with the same name', async () => {
  const headers = { ...call, ...authorization(), 'postern-client-cert': [base64(), base64()] }
  const { body } = await ask('/authorize/production/haproxy', headers)
  expect(body?.code).toBe('certificate_malformed')
})

test('asks for the token, and says how in the challenge', async () => {
  const headers = { ...call, 'postern-client-cert': base64() }
  const { status, headers: answered, body } = await ask('/authorize/production/haproxy', headers)
  expect({ status, code: body?.code }).toEqual({ status: 401, code: 'token_missing' })
  expect(answered['www-authenticate']).toBe('Bearer realm="postern"')
})

test('writes the refusal into a header for nginx, in characters that a header may have', async () => {
  const { headers } = await ask('/authorize/production/nginx', { ...call })
  const problem = String(headers['postern-problem'])
  expect(problem).toMatch(/^[\x20-\x7e]+$/)
  expect(JSON.parse(problem)).toMatchObject({ code: 'certificate_missing', status: 403 })
})

test('never passes a call where the edge is set up wrong', async () => {
  const certificate = { 'postern-client-cert': base64(), ...authorization() }
  for (const path of [
    '/authorize/nowhere/haproxy',
    '/authorize/production/apache',
    '/authorize/production',
    '/',
  ])
    expect({ path, status: (await ask(path, { ...call, ...certificate })).status }).toEqual({
      path,
      status: 500,
    })
  expect((await ask('/authorize/production/haproxy', certificate)).status).toBe(500)
})

test('serves what belongs to the gateway alone under /endpoints', async () => {
  const headers = { 'postern-client-cert': base64(), ...authorization() }
  expect((await ask('/endpoints/production/haproxy/whoami', headers)).status).toBe(200)
  const { status, body } = await ask('/endpoints/production/haproxy/payments', headers)
  expect({ status, code: body?.code }).toEqual({ status: 404, code: 'route_unknown' })
})

test('says that it is there', async () => {
  expect((await ask('/healthz', {})).status).toBe(200)
})

test('answers edges on other machines only when they have a certificate of their CA', async () => {
  const folder = world.folder
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  for (const name of ['edges', 'strangers'])
    openssl(
      ...['req', '-x509', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`],
    )
  const files = { certificateFile: join(folder, 'tls/gateway.pem'), keyFile: join(folder, 'tls/gateway.key') }
  await using guarded = await openGatewayWorld({
    authorizer: { ...files, clientCaFile: join(folder, 'edges.pem') },
  })
  const port = guarded.gateways[0]?.authorizerPort
  const health = (name: string | undefined) =>
    new Promise<number | string>((resolve) => {
      const read = (end: string) => name && readFileSync(join(folder, `${name}.${end}`))
      const options = {
        port,
        host: 'localhost',
        path: '/healthz',
        ca: world.ca,
        cert: read('pem'),
        key: read('key'),
      }
      const asked = requestTls({ ...options, agent: false }, (response) => resolve(response.statusCode ?? 0))
      asked.once('error', () => resolve('refused')).end()
    })
  expect(await Promise.all(['edges', 'strangers', undefined].map(health))).toEqual([
    200,
    'refused',
    'refused',
  ])
})

test.each(['envoy/envoy.yaml', 'traefik/postern.yaml'])('%s is YAML that asks about production', (name) => {
  const text = readFileSync(join(import.meta.dirname, '../../deploy', name), 'utf8')
  expect(Object.keys(parse(text)).length).toBeGreaterThan(0)
  const edge = name.split('/')[0]
  expect(text).toContain(`/authorize/production/${edge}`)
  expect(text).toContain(`/endpoints/production/${edge}`)
})

test('there is a configuration for every kind of edge', () => {
  const deploy = join(import.meta.dirname, '../../deploy')
  expect(readdirSync(deploy)).toEqual(
    expect.arrayContaining(['caddy', 'envoy', 'haproxy', 'nginx', 'traefik']),
  )
})

test('answers a refused request when its body has come, so that the connection can be used again', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const options = { port: world.gateways[0]?.authorizerPort, host: '127.0.0.1', agent }
  const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': 10 }
  const asked = request({
    ...options,
    path: '/endpoints/production/haproxy/token',
    method: 'POST',
    headers,
  })
  const answered = once(asked, 'response')
  asked.flushHeaders()
  const isEarly = await Promise.race([answered.then(() => true), wait(300).then(() => false)])
  expect(isEarly).toBe(false)
  asked.end('0123456789')
  const [refused] = await answered
  expect(refused.statusCode).toBe(403)
  refused.resume()
  await once(refused, 'end')
  const next = request({ ...options, path: '/endpoints/production/haproxy/jwks.json' }).end()
  const [response] = await once(next, 'response')
  expect(response.statusCode).toBe(200)
  expect(next.reusedSocket).toBe(true)
  agent.destroy()
})
