import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { inspect, promisify } from 'node:util'
import * as openidClient from 'openid-client'
import { Agent, fetch as fetchWith } from 'undici'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createCredentialToken } from '../support/fetch-token.ts'
import {
  type GatewayHarness,
  openGatewayHarness,
  type TestClient,
  type TestCredential,
} from '../support/gateway-harness.ts'

const run = promisify(execFile)
const programs = join(import.meta.dirname, 'oauth-clients')
const scopes = [{ name: 'payments:read', description: '' }]

let harness: GatewayHarness
let client: TestClient
let credential: TestCredential
beforeAll(async () => {
  harness = await openGatewayHarness({ environments: { production: { scopes, routes: null } as never } })
  client = await harness.issue()
  credential = await harness.createCredential()
})
afterAll(() => harness[Symbol.asyncDispose]())

/** A wrong use of the gateway, and the terms of which the user must see one. */
interface Case {
  name: string
  scope: string
  secret: string
  hasCertificate: boolean
  /** Whether the request with the token has a certificate. */
  callsWithCertificate: boolean
  method: 'GET' | 'POST'
  bodyBytes: number
  told: RegExp
}

const good = {
  scope: 'payments:read',
  secret: '',
  hasCertificate: true,
  callsWithCertificate: true,
  method: 'GET',
  bodyBytes: 0,
} as const

const cases: Case[] = [
  { ...good, name: 'valid credentials', told: /^200 / },
  {
    ...{ ...good, name: 'no certificate at the token endpoint', hasCertificate: false },
    told: /certificate was presented|sent no (client )?certificate|without a client certificate/i,
  },
  { ...good, name: 'a wrong secret', secret: 'pos_wrong', told: /secret/i },
  { ...good, name: 'a scope that is not granted', scope: 'refunds:write', told: /invalid_scope/ },
  {
    ...{ ...good, name: 'no certificate at the call', callsWithCertificate: false },
    told: /^403 .*certificate_missing/s,
  },
  {
    ...{ ...good, name: 'no certificate, and half a MiB of body', callsWithCertificate: false },
    ...{ method: 'POST', bodyBytes: 524_288, told: /^403 .*certificate_missing/s },
  },
]

const secretOf = ({ secret }: Case) => secret || credential.secret

describe('a denied client sees the reason with', () => {
  let told: Map<string, string>
  beforeAll(async () => {
    const python = spawn('/usr/bin/python3', [join(programs, 'oauth_client.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const files = [client.certFile, client.keyFile]
    const tasks = cases.map((each) => ({
      ...{ name: each.name, scope: each.scope, method: each.method, bodyBytes: each.bodyBytes },
      ...{ url: harness.url(), path: '/payments', ca: harness.caFile },
      ...{ clientId: credential.clientId, secret: secretOf(each) },
      cert: each.hasCertificate ? files : null,
      callCert: each.callsWithCertificate ? files : null,
    }))
    python.stdin.end(JSON.stringify(tasks))
    let text = ''
    for await (const chunk of python.stdout) text += chunk
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    told = new Map(lines.map((line) => [`${line.library}: ${line.name}`, line.told]))
  }, 60_000)

  test.each(['requests-oauthlib', 'Authlib'])('%s', (library) => {
    for (const each of cases) expect(told.get(`${library}: ${each.name}`), each.name).toMatch(each.told)
  })

  test.each(cases)('openid-client: $name', async (each) => {
    expect(await callWithOpenidClient(each)).toMatch(each.told)
  })
})

/** Runs discovery, fetches a token and calls; returns what the user sees. */
async function callWithOpenidClient(each: Case): Promise<string> {
  const { cert, key } = client
  const openAgent = (hasCertificate: boolean) =>
    new Agent({ connect: { ca: harness.ca, ...(hasCertificate ? { cert, key } : {}) } })
  const [tokenAgent, callAgent] = [openAgent(each.hasCertificate), openAgent(each.callsWithCertificate)]
  onTestFinished(async () => {
    await Promise.all([tokenAgent.destroy(), callAgent.destroy()])
  })
  const fetchBy = (dispatcher: Agent) =>
    ((url: string, options: object) => fetchWith(url, { ...options, dispatcher } as never)) as never
  try {
    const configuration = await openidClient.discovery(
      new URL(harness.url()),
      credential.clientId,
      undefined,
      openidClient.ClientSecretBasic(secretOf(each)),
      { algorithm: 'oauth2', [openidClient.customFetch]: fetchBy(tokenAgent) },
    )
    const { access_token } = await openidClient.clientCredentialsGrant(configuration, { scope: each.scope })
    configuration[openidClient.customFetch] = fetchBy(callAgent)
    const url = new URL('/payments', harness.url())
    const body = each.bodyBytes > 0 ? 'x'.repeat(each.bodyBytes) : undefined
    const answer = await openidClient.fetchProtectedResource(
      configuration,
      access_token,
      url,
      each.method,
      body,
    )
    return `${answer.status} ${await answer.text()}`
  } catch (error) {
    // The output of a program that does not catch the error.
    return inspect(error, { depth: 5 })
  }
}

test('Java HttpClient works with its own TLS, and with plain HTTP behind a TLS wrapper', {
  timeout: 60_000,
}, async () => {
  const token = await createCredentialToken(harness, client)
  const wrapper = await openTlsWrapper()
  const url = `${harness.url()}/payments`
  const calls = [
    { asked: [`${wrapper}/payments`, 'GET', '0', token], told: /^200 / },
    { asked: [`${wrapper}/payments`, 'POST', '100000', token], told: /^200 / },
    { asked: [`${wrapper}/payments`, 'GET', '0', ''], told: /^401 .*token_missing/ },
    { asked: [url, 'GET', '0', token], told: /^403 .*certificate_missing/ },
    { asked: [url, 'POST', '1000000', token], told: /^403 .*certificate_missing/ },
  ]
  const { stdout } = await run('java', [
    ...['-Xshare:auto', '-XX:TieredStopAtLevel=1', join(programs, 'Call.java'), harness.caFile],
    ...calls.flatMap(({ asked }) => asked),
  ])
  const lines = stdout.trim().split('\n')
  for (const [index, { asked, told }] of calls.entries())
    expect(lines[index], asked.slice(0, 3).join(' ')).toMatch(told)
})

/**
 * Opens a plain port that forwards to TLS with the certificate of the client, as stunnel does; returns its
 * URL.
 */
async function openTlsWrapper(): Promise<string> {
  const { ca, cert, key } = { ...client, ca: harness.ca }
  const server = createServer((socket) => {
    const outside = { port: harness.port(), host: 'localhost', servername: 'localhost' }
    const secure = connectTls({ ...outside, ca, cert, key })
    for (const each of [socket, secure]) each.on('error', () => each.destroy())
    socket.pipe(secure).pipe(socket)
  })
  server.listen({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://localhost:${(server.address() as AddressInfo).port}`
}
