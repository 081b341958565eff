import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { createTestCredential, fetchToken, issueCertificate } from '../support/certificates.ts'
import { createGatewayClient, readIdentity } from '../support/gateway-client.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { openUpstream, type UpstreamServer } from '../support/upstream-server.ts'

let postern: LocalPostern
let operator: ApiClient
let admin: ApiClient
let upstreams: [UpstreamServer, UpstreamServer]

beforeAll(async () => {
  upstreams = [await openUpstream(), await openUpstream()]
  for (const [index, upstream] of upstreams.entries())
    upstream.answerWith((_, response) => void response.end(JSON.stringify({ upstream: index })))
  postern = await openPostern({
    hasGateway: true,
    listens: true,
    config: {
      log: { level: 'warn' },
      environments: {
        production: { port: 8443, live: true, upstream: upstreams[0].url },
        staging: { port: 8444, upstream: upstreams[0].url },
      },
    },
  })
  operator = await signInFirst(postern, 'operator@postern.example')
  admin = await signInFirst(postern, 'admin@acme.example')
})
afterAll(async () => {
  await postern?.stop()
  for (const upstream of upstreams) await upstream[Symbol.asyncDispose]()
})

type File = Record<string, Record<string, unknown>>
/** Changes the file as an operator does, and returns what it was. */
function edit(change: (file: File) => void): string {
  const before = readFileSync(postern.configFile, 'utf8')
  const file = parse(before)
  change(file)
  writeFileSync(postern.configFile, stringify(file))
  return before
}
const production = (file: File) => file.environments?.production as Record<string, unknown>
const reload = () => operator.send(operations.reloadConfiguration)
const readLatest = async () => (await operator.call(operations.listAudit, { query: { limit: 1 } })).items[0]

test('an operator has the file read again: it takes effect on open connections, and the audit log has the difference', async () => {
  const { files } = await issueCertificate(admin, 'acme')
  const token = await fetchToken(postern, files, await createTestCredential(admin, 'acme'))
  const client = createGatewayClient(postern, readIdentity(files), { keepAlive: true })
  const [first, second] = upstreams
  expect(JSON.parse((await client.get('/a', token)).text)).toEqual({ upstream: 0 })
  edit((file) => {
    Object.assign(production(file), { upstream: second.url, label: 'Łódź', validityDays: 7 })
    file.portal = { organizationWord: { singular: 'bank', plural: 'banks' } }
  })
  const { status, body } = await reload()
  expect(status).toBe(200)
  const named = ['portal.organizationWord.singular', 'portal.organizationWord.plural']
  const ofProduction = ['label', 'upstream', 'validityDays'].map((one) => `environments.production.${one}`)
  expect(new Set(body.changes.map(({ setting }) => setting))).toEqual(new Set([...named, ...ofProduction]))
  expect(body.changes).toContainEqual({
    setting: 'environments.production.validityDays',
    before: '365',
    after: '7',
  })
  expect(await readLatest()).toMatchObject({
    type: 'configuration.reloaded',
    actor: { kind: 'operator' },
    data: {
      after: { 'portal.organizationWord.plural': '"banks"', 'environments.production.label': '"Łódź"' },
    },
  })
  expect((await admin.call(operations.getSession)).organizationWord.plural).toBe('banks')
  const { items } = await admin.call(operations.listEnvironments, { params: { organization: 'acme' } })
  expect(items[0]).toMatchObject({ label: 'Łódź', validityDays: 7 })

  // Gateway processes of the machine are told by the supervisor; here it is this process too.
  await postern.reload()
  const answered = first.seen.length
  const again = await client.get('/a', token)
  expect([again.status, JSON.parse(again.text), again.isLast]).toEqual([200, { upstream: 1 }, false])
  expect(first.seen).toHaveLength(answered)
  client.close()
})

test('calls that wait for an upstream that is left hold up none to the next one', async () => {
  const { files } = await issueCertificate(admin, 'acme')
  const token = await fetchToken(postern, files, await createTestCredential(admin, 'acme'))
  const [first, second] = upstreams
  const held: (() => void)[] = []
  const isHeld = Promise.withResolvers<void>()
  second.answerWith((_, response) => {
    held.push(() => response.end('{ "upstream": 1 }'))
    isHeld.resolve()
  })
  edit((file) =>
    Object.assign(production(file), { upstream: second.url, limits: { upstreamConnections: 1 } }),
  )
  await postern.reload()
  const clients = Array.from({ length: 2 }, () => createGatewayClient(postern, readIdentity(files)))
  const open = clients.map((client) => client.get('/slow', token))
  await isHeld.promise
  edit((file) => Object.assign(production(file), { upstream: first.url, limits: { upstreamConnections: 1 } }))
  await postern.reload()
  const other = createGatewayClient(postern, readIdentity(files))
  const { status, text } = await other.get('/a', token)
  expect([status, JSON.parse(text)]).toEqual([200, { upstream: 0 }])
  // The call that waited goes on now.
  second.answerWith((_, response) => void response.end('{ "upstream": 1 }'))
  for (const finish of held) finish()
  await Promise.all(open)
  edit((file) => Object.assign(production(file), { upstream: second.url, limits: {} }))
  await postern.reload()
  for (const client of [other, ...clients]) client.close()
})

test('a request that is in progress ends with the upstream that it began with', async () => {
  const { files } = await issueCertificate(admin, 'acme')
  const token = await fetchToken(postern, files, await createTestCredential(admin, 'acme'))
  const client = createGatewayClient(postern, readIdentity(files), { keepAlive: true })
  const [first, second] = upstreams
  const arrived = Promise.withResolvers<() => void>()
  second.answerWith((_, response) => {
    response.write('{ "upstream"')
    arrived.resolve(() => response.end(': 1 }'))
  })
  const open = client.get('/slow', token)
  const finish = await arrived.promise
  edit((file) => Object.assign(production(file), { upstream: first.url }))
  await postern.reload()
  const other = createGatewayClient(postern, readIdentity(files))
  expect(JSON.parse((await other.get('/a', token)).text)).toEqual({ upstream: 0 })
  finish()
  expect(await open).toMatchObject({ status: 200, text: '{ "upstream": 1 }' })
  other.close()
  client.close()
})

test('limits and routes take effect with the next request', async () => {
  const { files } = await issueCertificate(admin, 'acme')
  const token = await fetchToken(postern, files, await createTestCredential(admin, 'acme'))
  const client = createGatewayClient(postern, readIdentity(files), { keepAlive: true })
  const before = edit((file) =>
    Object.assign(production(file), {
      limits: { callsPerSecond: 1, burstSeconds: 1 },
      scopes: [{ name: 'read' }],
      routes: [{ path: '/only', scope: 'read' }],
    }),
  )
  await postern.reload()
  expect(await client.get('/a', token)).toMatchObject({ status: 404, code: 'route_unknown' })
  const rest = await Promise.all([1, 2, 3].map(() => client.get('/a', token)))
  expect(rest.map(({ code }) => code)).toContain('organization_rate_limited')
  writeFileSync(postern.configFile, before)
  await postern.reload()
  expect(await client.get('/a', token)).toMatchObject({ status: 200 })
  client.close()
})

test.each([
  [
    'a setting that is none',
    (file: File) => void Object.assign(file, { portl: {} }),
    'portl is not a setting',
  ],
  [
    'a setting that needs a restart',
    (file: File) => void Object.assign(production(file), { host: 'api.example', label: 'Other' }),
    'These changes need a restart: environments.production.host.',
  ],
])('a file with %s is refused as a whole, in words, and recorded', async (_, change, problem) => {
  const session = await admin.call(operations.listEnvironments, { params: { organization: 'acme' } })
  const before = edit(change)
  const { status, body } = await reload()
  expect([status, (body as { code?: string }).code]).toEqual([409, 'configuration_rejected'])
  expect((body as { detail?: string }).detail).toContain(problem)
  expect(await readLatest()).toMatchObject({
    type: 'configuration.rejected',
    data: { after: { problem: expect.stringContaining(problem) } },
  })
  expect(await admin.call(operations.listEnvironments, { params: { organization: 'acme' } })).toEqual(session)
  await postern.reload()
  expect(postern.output()).toContain('"name":"gateway"')
  writeFileSync(postern.configFile, before)
  expect((await reload()).body.changes).toEqual([])
})

test('a signal is recorded as one, and logged by portal and gateway', async () => {
  edit((file) => Object.assign(file, { log: { level: 'error' } }))
  const logged = postern.output().length
  await postern.reload()
  expect(await readLatest()).toMatchObject({
    type: 'configuration.reloaded',
    actor: { kind: 'system', label: 'signal' },
    data: { before: { 'log.level': '"warn"' }, after: { 'log.level': '"error"' } },
  })
  // The level holds for what tells of its own change.
  expect(postern.output().slice(logged)).not.toContain('is in force')
  edit((file) => Object.assign(file, { log: { level: 'warn' } }))
  await postern.reload()
  const lines = postern
    .output()
    .slice(logged)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines).toMatchObject(
    ['portal', 'gateway'].map((name) => ({
      name,
      changes: ['log.level: "error" -> "warn"'],
      msg: 'The configuration was read again and is in force.',
    })),
  )
})
