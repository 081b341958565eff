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
let revoked: TestClient
let credential: TestCredential
beforeAll(async () => {
  harness = await openGatewayHarness({ environments: { production: { scopes, routes: null } as never } })
  client = await harness.issue()
  revoked = await harness.issue()
  await harness.revoke(revoked.id)
  credential = await harness.createCredential()
})
afterAll(() => harness[Symbol.asyncDispose]())

/** A wrong use of the gateway, and the terms of which the user must see one. */
interface Case {
  name: string
  scope: string
  secret: string
  hasCertificate: boolean
  isRevoked: boolean
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
  isRevoked: false,
  callsWithCertificate: true,
  method: 'GET',
  bodyBytes: 0,
} as const

/** The error of OAuth, a sentence, and what names it to the provider: all in what a library shows. */
const shownWith = (code: string) =>
  new RegExp(`invalid_client.*[A-Z][a-z ]+.*\\(${code}; trace ID [0-9a-f]{32}\\)`, 's')

const cases: Case[] = [
  { ...good, name: 'valid credentials', told: /^200 / },
  {
    ...{ ...good, name: 'no certificate at the token endpoint', hasCertificate: false },
    told: shownWith('certificate_missing'),
  },
  {
    ...{ ...good, name: 'a revoked certificate at the token endpoint', isRevoked: true },
    told: shownWith('certificate_revoked'),
  },
  {
    ...{ ...good, name: 'a wrong secret', secret: 'pos_wrong' },
    told: shownWith('client_authentication_failed'),
  },
  {
    ...{ ...good, name: 'a scope that is not granted', scope: 'refunds:write' },
    told: /invalid_scope.*\(scope_unknown; trace ID [0-9a-f]{32}\)/s,
  },
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
    const filesOf = ({ certFile, keyFile }: TestClient) => [certFile, keyFile]
    const tasks = cases.map((each) => ({
      ...{ name: each.name, scope: each.scope, method: each.method, bodyBytes: each.bodyBytes },
      ...{ url: harness.url(), path: '/payments', ca: harness.caFile },
      ...{ clientId: credential.clientId, secret: secretOf(each) },
      cert: each.hasCertificate ? filesOf(each.isRevoked ? revoked : client) : null,
      callCert: each.callsWithCertificate ? filesOf(client) : null,
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

test.each([
  ['introspection', openidClient.tokenIntrospection],
  ['revocation', openidClient.tokenRevocation],
] as const)('openid-client shows why %s is denied', async (_, ask) => {
  const { cert, key } = revoked
  const [anybody, denied] = [{}, { cert, key }].map(
    (identity) => new Agent({ connect: { ca: harness.ca, ...identity } }),
  ) as [Agent, Agent]
  onTestFinished(async () => {
    await Promise.all([anybody.destroy(), denied.destroy()])
  })
  const fetchBy = (dispatcher: Agent) =>
    ((url: string, options: object) => fetchWith(url, { ...options, dispatcher } as never)) as never
  const configuration = await openidClient.discovery(
    new URL(harness.url()),
    credential.clientId,
    undefined,
    openidClient.ClientSecretPost(credential.secret),
    { algorithm: 'oauth2', [openidClient.customFetch]: fetchBy(anybody) },
  )
  configuration[openidClient.customFetch] = fetchBy(denied)
  const error = await ask(configuration, 'a.b.c').catch((thrown: unknown) => thrown)
  expect(inspect(error, { depth: 5 })).toMatch(shownWith('certificate_revoked'))
})

/** Runs discovery, fetches a token and calls; returns what the user sees. */
async function callWithOpenidClient(each: Case): Promise<string> {
  const openAgent = (identity: TestClient | undefined) => {
    const { cert, key } = identity ?? {}
    return new Agent({ connect: { ca: harness.ca, ...(identity ? { cert, key } : {}) } })
  }
  const shown = each.isRevoked ? revoked : client
  const [tokenAgent, callAgent] = [
    openAgent(each.hasCertificate ? shown : undefined),
    openAgent(each.callsWithCertificate ? client : undefined),
  ]
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
