import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { issueCertificate, until } from '../support/certificates.ts'
import { expectWithin } from '../support/expect-within.ts'
import { createGatewayClient, readIdentity } from '../support/gateway-client.ts'
import { type RunningPostern, startPostern } from '../support/postern.ts'
import { proveBy } from '../support/second-factors.ts'

/** A gateway delivers its counts twice a second, after which it has nothing to write. */
const quietMs = 1500

let postern: RunningPostern
let admin: ApiClient
let operator: ApiClient

beforeAll(async () => {
  postern = await startPostern({ config: { gateway: { processes: 2 } } })
  admin = await signInFirst(postern, 'admin@acme.example')
  operator = await signInFirst(postern, 'operator@postern.example')
})
afterAll(() => postern?.stop())

async function revokeNew() {
  const { certificate, files } = await issueCertificate(admin, 'acme')
  const params = { organization: 'acme', certificateId: certificate.id }
  const client = createGatewayClient(postern, readIdentity(files), { keepAlive: true })
  expect((await client.get('/whoami')).status).toBe(200)
  // Proven beforehand: a process that does not answer for five seconds is replaced, and a password takes its time.
  const act = { operationId: 'revokeCertificate', pathParameters: params }
  const headers = await proveBy(admin, act, { method: 'password', password: admin.password ?? '' })
  const body = { reason: 'superseded', name: certificate.name } as const
  const revoke = async () =>
    expect((await admin.send(operations.revokeCertificate, { params, body, headers })).status).toBe(200)
  return { params, client, revoke }
}

const enforcementOf = (caller: ApiClient, params: { organization: string; certificateId: string }) =>
  until(
    () => caller.call(operations.getCertificateRevocation, { params }),
    ({ durationMilliseconds }) => durationMilliseconds !== null,
    5,
  )

test('a revocation reports when every gateway process has applied it', async () => {
  const { params, client, revoke } = await revokeNew()
  const early = admin.call(operations.getCertificateRevocation, { params })
  await expect(early).rejects.toThrow('certificate_wrong_state')
  await revoke()
  const { value } = await enforcementOf(admin, params)
  expect(value.gateways.map(({ name, state }) => ({ name, state }))).toEqual([
    { name: 'Gateway 1', state: 'running' },
    { name: 'Gateway 2', state: 'running' },
  ])
  expect(value.closedConnections).toBe(1)
  expectWithin('in force everywhere', 5000, value.durationMilliseconds ?? Number.NaN)
  client.close()
})

test('operators see the process that has not confirmed a revocation until it does', async () => {
  const [frozen] = postern.findProcesses('gateway-process')
  const { params, client, revoke } = await revokeNew()
  // A process suspended within a commit would block every writer of the SQLite file, including the portal.
  await wait(quietMs)
  process.kill(frozen as number, 'SIGSTOP')
  try {
    await revoke()
    const ask = () => operator.call(operations.getCertificateRevocation, { params })
    const { value } = await until(ask, ({ gateways }) => gateways.some(({ late }) => late), 10)
    expect(value.durationMilliseconds).toBeNull()
    const late = value.gateways.filter((gateway) => gateway.late)
    expect(late.map(({ name }) => name)).toEqual([expect.stringContaining(`process ${frozen}`)])
    expect(value.gateways.filter(({ confirmedAt }) => confirmedAt !== null)).toHaveLength(1)
  } finally {
    process.kill(frozen as number, 'SIGCONT')
  }
  const { value } = await enforcementOf(operator, params)
  expect(value.gateways.every(({ late }) => !late)).toBe(true)
  client.close()
})

test('operators see the gateway processes, and one that exited as stopped', async () => {
  const { items } = await operator.call(operations.listGateways)
  const running = items.filter(({ state }) => state === 'running')
  expect(running.map(({ processId }) => processId).toSorted()).toEqual(
    postern.findProcesses('gateway-process').toSorted(),
  )
  expect(running.every(({ release, host }) => release !== '' && host !== '')).toBe(true)
  expect(running.reduce((sum, { handshakes }) => sum + handshakes, 0)).toBeGreaterThanOrEqual(2)
  await until(
    () => operator.call(operations.listGateways),
    ({ items: all }) => all.every(({ unconfirmedChanges }) => unconfirmedChanges === 0),
    5,
  )
})
