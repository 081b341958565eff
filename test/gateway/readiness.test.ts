import { expect, inject, test } from 'vitest'
import { createGatewayReadiness } from '../../src/app/gateway-readiness.ts'
import type { Config } from '../../src/config/config.ts'
import { openGatewayHarness } from '../support/gateway-harness.ts'
import { takeStoreAway } from '../support/make-store-unavailable.ts'
import { createPostgresDatabase } from '../support/postgres.ts'

const day = 86_400_000
const patience = { timeout: 20_000 }

test('a gateway is ready without its store for as long as it serves calls, and says so', async () => {
  const location = { engine: 'postgres', url: await createPostgresDatabase(inject('postgresUrl')) } as const
  await using harness = await openGatewayHarness({ location, staleSeconds: 5 })
  const list = () => harness.gateways[0]?.readiness.list()
  expect(await list()).toEqual([])
  const bringBack = await takeStoreAway(location)
  await expect.poll(list, patience).toEqual([{ code: 'store_unreachable', isBlocking: false }])
  await expect.poll(list, patience).toContainEqual({ code: 'change_log_behind', isBlocking: true })
  await bringBack()
  await expect.poll(list, patience).toEqual([])
})

test('a gateway with a wrong clock, an expired certificate or no signing key is not ready', async () => {
  await using harness = await openGatewayHarness()
  harness.shiftClock(800 * day)
  const problems = (await harness.gateways[0]?.readiness.list()) ?? []
  expect(problems.filter(({ isBlocking }) => isBlocking).map(({ code }) => code)).toEqual([
    'server_certificate_expired',
    'clock_wrong',
  ])

  const lists = (
    lag: number,
    maxLagSeconds: number | null,
    staleSeconds: number | null,
    { isUnheard = false, replicaLag = 0 } = {},
  ) =>
    createGatewayReadiness(
      {
        environments: [{ name: 'production' }],
        gateway: { staleSeconds },
        operations: { maxLagSeconds },
      } as Config,
      {
        database: harness.database,
        isStoreAway: () => false,
        source: { lagSeconds: () => replicaLag },
        progress: { lagSeconds: () => lag, isUnheard: () => isUnheard },
        signingKeys: { findSigning: () => undefined },
        listeners: { listCertificates: () => [] },
        clock: { now: () => Date.now() },
      },
    ).list()
  const keyless = { code: 'signing_key_missing', isBlocking: true }
  const behind = (isBlocking: boolean) => ({ code: 'change_log_behind', isBlocking })
  expect(await lists(1, null, null)).toEqual([keyless])
  expect(await lists(100_000, null, null)).toEqual([behind(false), keyless])
  expect(await lists(100, null, 900)).toEqual([behind(false), keyless])
  expect(await lists(901, null, 900)).toEqual([behind(true), keyless])
  expect(await lists(11, 10, 900)).toEqual([behind(true), keyless])
  const others = { isUnheard: true, replicaLag: 11 }
  expect(await lists(1, null, null, others)).toEqual([
    { code: 'notifications_missing', isBlocking: false },
    { code: 'replica_behind', isBlocking: false },
    keyless,
  ])
})
