import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultEnvironments } from '../../src/config/default-environments.ts'
import { operations } from '../../src/contract/operations.ts'
import { type ApiClient, signInFirst } from '../support/api.ts'
import { type Bridge, openBridge } from '../support/bridge.ts'
import { issueCertificate } from '../support/certificates.ts'
import { expectWithin } from '../support/expect-within.ts'
import { createGatewayClient, readIdentity } from '../support/gateway-client.ts'
import { runOn } from '../support/make-store-unavailable.ts'
import { type LocalPostern, openPostern } from '../support/open-postern.ts'
import { openPostgresPair, type PostgresPair } from '../support/postgres-pair.ts'

const rounds = Number(process.env.POSTERN_OUTAGES ?? 1)
const servesAgainMs = 5000
const patience = { timeout: 60_000, interval: 20 }

type Issued = Awaited<ReturnType<typeof issueCertificate>>

let pair: PostgresPair
let bridge: Bridge
let postern: LocalPostern
let admin: ApiClient
/** Stays valid. */
let steady: Issued
/** Names of credentials whose creation was acknowledged. */
const acknowledged: string[] = []

beforeAll(async () => {
  pair = await openPostgresPair()
  await pair.makeStandby(true)
  bridge = await openBridge(pair.primary().url)
  postern = await openPostern({
    hasGateway: true,
    otherGateways: 1,
    config: {
      storage: { engine: 'postgres' },
      environments: {
        ...defaultEnvironments,
        production: { ...defaultEnvironments.production, maxCertificates: 10_000 },
      },
    },
    environment: { POSTERN_DATABASE_URL: bridge.url },
  })
  admin = await signInFirst(postern, 'admin@acme.example')
  steady = await issueCertificate(admin, 'acme')
})
afterAll(async () => {
  await postern?.stop()
  bridge?.close()
  await pair?.close()
})

const gateways = () => [
  { ...postern },
  ...postern.otherGateways.map((other) => ({ ...postern, gateways: other })),
]
/** Asks every gateway on a new connection. */
const ask = ({ files }: Issued) =>
  Promise.all(
    gateways().map(async (one) => {
      const client = createGatewayClient(one, readIdentity(files))
      const { status } = await client.get('/whoami')
      client.close()
      return status
    }),
  )
/** What the store keeps from happening; the client throws where it could not prove who it is. */
const unlessAway = async <T extends { status: number }>(sent: Promise<T>): Promise<T | { status: 503 }> =>
  sent.catch((error) => {
    expect(String(error)).toContain('proveStepUp answered 503')
    return { status: 503 }
  })
const revoke = ({ certificate: { id, name } }: Issued) =>
  unlessAway(
    admin.send(operations.revokeCertificate, {
      params: { organization: 'acme', certificateId: id },
      body: { reason: 'key_compromise', name },
    }),
  )
const place = { organization: 'acme', environment: 'production' }

/** Creates credentials one after the other, and notes which were acknowledged. */
function startWriting(kind: string) {
  let isOver = false
  const writing = (async () => {
    for (let count = 0; !isOver; count += 1) {
      const answer = await unlessAway(
        admin.send(operations.createCredential, { params: place, body: { name: `${kind} ${count}` } }),
      )
      if (answer.status === 201 && 'body' in answer) acknowledged.push(answer.body.id)
      else expect(answer.status).toBe(503)
      await wait(250)
    }
  })()
  return {
    async stop() {
      isOver = true
      await writing
    },
  }
}

/** Takes every connection that PostgreSQL has, those of Postern too. Returns the function that ends this. */
async function takeAllConnections(): Promise<() => Promise<unknown>> {
  const clients: pg.Client[] = []
  for (let isFull = false; !isFull; ) {
    const client = new pg.Client({ connectionString: pair.primary().url, application_name: 'greedy' })
    client.on('error', () => {})
    try {
      await client.connect()
      clients.push(client)
    } catch {
      // What Postern still has becomes free, and is taken before it is back.
      const { rows } = (await clients[0]?.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and application_name <> 'greedy'",
      )) ?? { rows: [] }
      isFull = rows.length === 0
    }
  }
  return () => Promise.all(clients.map((client) => client.end()))
}

/** Brings an outage about; done when PostgreSQL serves again. */
const outages: Record<string, () => Promise<unknown>> = {
  async 'a restart'() {
    await pair.primary().stop()
    await wait(1000)
    await pair.primary().start()
  },
  async 'a crash'() {
    await pair.primary().kill()
    await wait(1000)
    await pair.primary().start()
  },
  async 'a frozen server'() {
    pair.primary().freeze()
    await wait(3000 + Math.random() * 4000)
    pair.primary().thaw()
  },
  async 'killed connections'() {
    await runOn(
      pair.primary().url,
      "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
    )
  },
  async 'no connection left'() {
    const close = await takeAllConnections()
    await wait(3000)
    await close()
  },
  async 'a failover'() {
    await pair.failOver()
    bridge.pointAt(pair.primary().url)
  },
}

test.each(Object.keys(outages))(
  'after %s gateways and portal serve again, and nothing acknowledged is lost',
  {
    timeout: 120_000 + rounds * 60_000,
  },
  async (kind) => {
    const took: { usual: number; portal: number; gateways: number }[] = []
    for (let round = 0; round < rounds; round += 1) {
      const before = await issueCertificate(admin, 'acme')
      const during = await issueCertificate(admin, 'acme')
      const after = await issueCertificate(admin, 'acme')
      const begin = performance.now()
      expect((await revoke(before)).status).toBe(200)
      const usual = performance.now() - begin
      expect(await ask(during)).toEqual([200, 200])
      const writing = startWriting(`${kind} ${round}`)
      const outage = outages[kind]?.()
      // Gateways go on deciding meanwhile.
      let isOver = false
      const calling = (async () => {
        while (!isOver) {
          expect(await ask(steady)).toEqual([200, 200])
          await wait(200)
        }
      })()
      const revoking = revoke(during)
      await outage
      const end = performance.now()
      await expect.poll(async () => (await revoke(after)).status, patience).toBe(200)
      const portal = performance.now() - end
      await expect.poll(() => ask(after), patience).toEqual([403, 403])
      took.push({ usual, portal, gateways: performance.now() - end })
      isOver = true
      await Promise.all([calling, writing.stop()])
      if ((await revoking).status !== 200) expect([200, 409]).toContain((await revoke(during)).status)
      await expect.poll(() => ask(during), patience).toEqual([403, 403])
      const { items } = await admin.call(operations.listCredentials, { params: place })
      expect(items.map(({ id }) => id)).toEqual(expect.arrayContaining(acknowledged))
      for (const credentialId of acknowledged.splice(0))
        await admin.call(operations.deleteCredential, { params: { organization: 'acme', credentialId } })
      if (kind === 'a failover') await pair.makeStandby(true)
    }
    for (const who of ['usual', 'portal', 'gateways'] as const) {
      const all = took.map((one) => one[who]).sort((one, other) => one - other)
      console.info(`${kind}, ${who}, ms: ${all.map(Math.round).join(' ')}`)
      expectWithin(`after ${kind} the ${who}`, servesAgainMs, all.at(-1) ?? 0)
    }
  },
)
