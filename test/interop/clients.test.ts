import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GatewayHarness, openGatewayHarness } from '../support/gateway-harness.ts'
import { listSetUps } from './clients/list-set-ups.ts'
import { clients, compileClients } from './clients/run-clients.ts'
import { type Seen, type SetUp, toLines } from './clients/set-up.ts'

const names = Object.keys(clients)
const folder = mkdtempSync(join(tmpdir(), 'postern-clients-'))
let isCompiled: Promise<void>
beforeAll(() => {
  isCompiled = compileClients(folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/**
 * Returns whether a client can have a set-up: GnuTLS's client supports only TLS, and Go supports all groups
 * of the gateway.
 */
const isPossible = (client: string, { name, tls }: SetUp) =>
  !(client === 'GnuTLS' && name === 'plain HTTP') && !(client === 'Go net/http' && tls === 'group')
const silent = 'tls_handshake_reset'
/**
 * What the gateway may learn from a client that does not trust it: without an alert not the cause. Java's client
 * closes the connection in one thread and writes the alert in another; one time in six the alert comes first.
 */
const untrustedCodes: Record<string, string[]> = {
  'node:https': [silent],
  undici: [silent],
  'Java HttpClient': [silent, 'tls_server_certificate_rejected'],
}

/** Returns whether the store has a request under the trace ID that the client sent. */
const hasTrace = ({ status, name }: SetUp) => status !== null && name !== 'plain HTTP'

/**
 * Sets the client ID whose secret a client guesses: its own, because wrong secrets for one ID are throttled.
 */
const guessAs = (client: string) => (setUp: SetUp) =>
  setUp.authorization.startsWith('Basic ')
    ? { ...setUp, authorization: `Basic ${btoa(`nobody-${names.indexOf(client)}:wrong`)}` }
    : setUp

describe.each(['explain', 'drop'] as const)('with the denial style %s', (rejections) => {
  let harness: GatewayHarness
  let setUps: SetUp[]

  beforeAll(async () => {
    const scopes = [
      { name: 'payments:read', description: '' },
      { name: 'refunds:write', description: '' },
    ]
    const routes = [
      { path: '/payments', scope: 'payments:read' },
      { path: '/refunds', scope: 'refunds:write' },
    ]
    harness = await openGatewayHarness({
      environments: { production: { denials: rejections, scopes, routes } as never },
    })
    setUps = await listSetUps(harness)
    expect(setUps.length).toBeGreaterThan(25)
    await isCompiled
  }, 180_000)
  afterAll(() => harness[Symbol.asyncDispose]())

  /** Returns the expected result of a set-up: status and code, or no response. */
  const expectedAnswer = (setUp: SetUp) =>
    setUp.status === null || (rejections === 'drop' && setUp.isDroppable)
      ? { status: null, code: undefined }
      : { status: setUp.status, code: setUp.code }

  const codeOf = ({ status, body }: Seen): { status: number | null; code: string | undefined } => {
    if (status === null) return { status, code: undefined }
    const { code, error } = JSON.parse(body)
    // The token endpoint uses the error codes of RFC 6749; the store has the code.
    return { status, code: error === 'invalid_client' ? 'client_authentication_failed' : (code ?? error) }
  }

  test.each(names)('%s gets the right error for each set-up, and the store has it', async (client) => {
    const possible = setUps.filter((setUp) => isPossible(client, setUp)).map(guessAs(client))
    const traceIds = new Map(possible.map((setUp) => [setUp.name, randomBytes(16).toString('hex')]))
    const traceIdOf = ({ name }: SetUp) => traceIds.get(name) ?? ''
    const before = (await harness.untilActivity(() => true))[0]?.sequence ?? 0
    const task = {
      ...{ setUps: possible, caFile: harness.caFile, traceIdOf, folder },
      lines: toLines(possible, harness.caFile, traceIdOf),
    }
    const seen = (await clients[client]?.(task)) ?? new Map<string, Seen>()
    const answers = possible.map((setUp) => ({
      name: setUp.name,
      ...codeOf(seen.get(setUp.name) ?? { status: null, body: '' }),
    }))
    const told = [...seen]
      .filter(([, { status }]) => status === null)
      .map(([name, { body }]) => `${name}: ${body}`)
    expect(answers, told.join('\n')).toEqual(
      possible.map((setUp) => ({ name: setUp.name, ...expectedAnswer(setUp) })),
    )

    const isNew = ({ sequence }: { sequence: number }) => sequence > before
    for (const setUp of possible.filter(hasTrace)) {
      const [row] = await harness.untilActivity((one) => isNew(one) && one.trace_id === traceIdOf(setUp))
      expect({ name: setUp.name, ...row }).toMatchObject({
        ...{ name: setUp.name, code: setUp.code, outcome: 'refused', client_address: '127.0.0.1' },
        organization_id: setUp.isOwned ? harness.organizations.acme?.id : null,
        status: expectedAnswer(setUp).status,
      })
    }
    const broken = possible
      .filter((setUp) => !hasTrace(setUp))
      .map(({ tls, code }) => (tls === 'untrusted' ? untrustedCodes[client] : undefined) ?? [code])
    for (const codes of broken) {
      const [row] = await harness.untilActivity((one) => isNew(one) && codes.includes(one.code ?? ''))
      expect(row).toMatchObject({ kind: 'connection', status: null, client_address: '127.0.0.1' })
    }
  })

  test('denied requests do not reach the upstream', () => {
    expect(harness.upstream.calls).toEqual([])
  })
})
