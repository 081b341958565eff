import { randomBytes, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { StreamEvent } from '../../src/contract/events/stream-event.ts'
import { operations } from '../../src/contract/operations.ts'
import { ensureDevelopmentTls } from '../../src/signer/development-tls.ts'
import { type ApiClient, signInFirst, toUrl } from '../support/api.ts'
import { createTestCredential, curl, fetchToken, issueCertificate, until } from '../support/certificates.ts'
import { expectWithin } from '../support/expect-within.ts'
import { createGatewayClient, readIdentity, startCallLoop } from '../support/gateway-client.ts'
import { preparePostern, type RunningPostern } from '../support/postern.ts'
import { createPostgresDatabase } from '../support/postgres.ts'
import { clearPlace, listProcesses } from '../support/processes.ts'
import { readRevokedSerials } from '../support/revoked-serials.ts'
import { signIn } from '../support/users.ts'

const seenMs = 2000
const admin = 'admin@acme.example'
async function preparePlace(url: string, config: object, environment: NodeJS.ProcessEnv = {}) {
  const place = await preparePostern({
    config: { storage: { engine: 'postgres' }, ...config },
    environment: { POSTERN_DATABASE_URL: url, ...environment },
  })
  onTestFinished(() => clearPlace(place))
  return place
}

/**
 * Subscribes to the live activity of a certificate; `untilSeen` returns when the first matching event
 * arrived, milliseconds since 1970.
 */
async function followActivity(client: ApiClient, postern: RunningPostern, certificateId: string) {
  const params = { organization: 'acme', certificateId }
  const gone = new AbortController()
  const url = toUrl(postern.portalUrl, operations.streamCertificateActivity, { params })
  const response = await fetch(url, { headers: { cookie: client.cookie() }, signal: gone.signal })
  expect(response.status).toBe(200)
  const seen: { at: number; event: StreamEvent }[] = []
  const read = async () => {
    let text = ''
    for await (const chunk of (response.body as ReadableStream<Uint8Array>).pipeThrough(
      new TextDecoderStream(),
    )) {
      text += chunk
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines.filter((one) => one.startsWith('data: ')))
        seen.push({ at: Date.now(), event: StreamEvent.parse(JSON.parse(line.slice(6))) })
    }
  }
  const ended = read().catch(() => {})
  const first = (isMeant: (event: StreamEvent) => boolean) => seen.find(({ event }) => isMeant(event))
  return {
    async untilSeen(isMeant: (event: StreamEvent) => boolean): Promise<number> {
      const found = await until(
        async () => first(isMeant),
        (one) => one !== undefined,
        10,
      )
      return (found.value as { at: number }).at
    },
    async close() {
      gone.abort()
      await ended
    },
  }
}

const isActivity = (code: string | null, path: string) => (event: StreamEvent) =>
  event.type.startsWith('call.') &&
  'path' in event.data &&
  event.data.code === code &&
  event.data.path === path

/** Signs in, gets a token, calls the API, and checks the events and the denial after revocation. */
async function goTheWholeWay(client: ApiClient, postern: RunningPostern): Promise<void> {
  const gateway = postern.gateways.production as string
  const credential = await createTestCredential(client, 'acme')
  const { certificate, files } = await issueCertificate(client, 'acme')
  const activity = await followActivity(client, postern, certificate.id)
  await activity.untilSeen(({ type }) => type === 'stream.opened')
  const token = await fetchToken(postern, files, credential)
  const bearer = ['--header', `authorization: Bearer ${token}`]

  const reached = await curl(postern, files, `${gateway}/payments`, bearer)
  const reachedAt = Date.now()
  expect(reached.status).toBe(200)
  expect(JSON.parse(reached.body)).toMatchObject({
    service: 'demo',
    path: '/payments',
    caller: { certificateSha256: certificate.issued?.fingerprintSha256 },
  })
  const seenAfter = (await activity.untilSeen(isActivity(null, '/payments'))) - reachedAt

  const caller = startCallLoop(postern, readIdentity(files), { token })
  await until(
    async () => caller.record.answeredAt.length,
    (count) => count > 3,
    10,
  )
  const params = { organization: 'acme', certificateId: certificate.id }
  const body = { reason: 'key_compromise' as const, name: certificate.name }
  await client.call(operations.revokeCertificate, { params, body })
  const revokedAt = Date.now()
  await until(
    async () => caller.record.failures.length,
    (count) => count > 0,
    10,
  )
  await until(
    () => curl(postern, files, `${gateway}/payments`, bearer),
    ({ status }) => status === 403,
    2,
  )
  const { answeredAt, failures } = await caller.stop()
  const lastAfter = Math.max(...answeredAt) - revokedAt
  expectWithin('the last call let in after a revocation', 1000, lastAfter)
  expect(new Set(failures.slice(1))).toEqual(new Set(['403 certificate_revoked']))
  const refused = await curl(postern, files, `${gateway}/payments`, bearer)
  const refusedAt = Date.now()
  expect(JSON.parse(refused.body).code).toBe('certificate_revoked')
  const denialSeenAt = await activity.untilSeen(isActivity('certificate_revoked', '/payments'))
  await activity.close()
  expectWithin('a call is seen', seenMs, seenAfter)
  expectWithin('a refusal is seen', seenMs, denialSeenAt - refusedAt)
  const serials = await readRevokedSerials(certificate.issued?.pem ?? '')
  expect(serials).toContain(new X509Certificate(certificate.issued?.pem ?? '').serialNumber.toLowerCase())
}

test('the complete journey works on PostgreSQL, and all data is there after a restart', {
  timeout: 180_000,
}, async () => {
  const url = await createPostgresDatabase(inject('postgresUrl'))
  const place = await preparePlace(url, { gateway: { processes: 2 } })
  const first = await place.start()
  await goTheWholeWay(await signInFirst(first, admin), first)
  await first.end()

  const started = performance.now()
  const second = await place.start()
  console.info(`second start to ready on PostgreSQL: ${(performance.now() - started).toFixed(0)} ms`)
  const client = await signIn(second, admin)
  const params = { organization: 'acme', environment: 'production' }
  const { items } = await client.call(operations.listCertificates, { params, query: {} })
  expect(items).toMatchObject([{ name: 'acme-0001', status: 'revoked' }])
  await goTheWholeWay(client, second)
  await second.stop()
  expect(listProcesses(place)).toEqual([])
})

test('portal and gateway share the store from separate data folders', { timeout: 180_000 }, async () => {
  const url = await createPostgresDatabase(inject('postgresUrl'))
  const shared = { POSTERN_GATEWAY_KEY: randomBytes(32).toString('base64') }
  const portalPlace = await preparePlace(url, {}, shared)
  const fileOf = (name: string) => join(portalPlace.dataFolder, 'tls', name)
  // The portal would create them too late for the gateway, which starts at the same time.
  const [certificate, key] = [fileOf('gateway.pem'), fileOf('gateway.key')]
  const tlsFiles = { certificateFile: certificate, keyFile: key, serverCaFile: portalPlace.serverCaFile }
  await ensureDevelopmentTls(tlsFiles, ['localhost', '127.0.0.1'], systemClock)
  const gatewayPlace = await preparePlace(url, { gateway: { certificate, key } }, shared)

  const [gateway, portal] = await Promise.all([
    gatewayPlace.start('--gateway'),
    portalPlace.start('--portal'),
  ])
  expect(portal.findProcesses('-process')).toHaveLength(1)
  expect(gateway.findProcesses('-process')).toHaveLength(2)
  const whole = { ...portal, gateways: gateway.gateways }
  const client = await signInFirst(portal, admin)
  await goTheWholeWay(client, whole)

  const { files } = await issueCertificate(client, 'acme')
  const token = await fetchToken(whole, files, await createTestCredential(client, 'acme'))
  const caller = createGatewayClient(whole, readIdentity(files))
  expect(await portal.end('SIGTERM')).toBe(0)
  expect((await caller.get('/payments', token)).status).toBe(200)
  expect(await gateway.end('SIGTERM')).toBe(0)
  expect([...listProcesses(portalPlace), ...listProcesses(gatewayPlace)]).toEqual([])
})
