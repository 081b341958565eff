import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRegistry } from '../../src/gateway/registry/registry.ts'
import { createRegistryStore } from '../../src/gateway/registry/registry-store.ts'
import { latestVersion, recordChange } from '../../src/storage/change-log.ts'
import { listEpochs } from '../../src/storage/store-epoch.ts'
import { createGatewayStore } from '../../src/telemetry/gateway-store.ts'
import { describeOnBothEngines } from '../support/databases.ts'
import { type GatewayWorld, openGatewayWorld, type TestClient } from '../support/gateway-world.ts'
import { type StoreBackup, takeBackup } from '../support/store-backup.ts'

const day = 86_400_000
/** For a loaded machine. */
const patience = { timeout: 20_000 }

interface Sending {
  as: TestClient
  gateway?: number
  method?: string
  headers?: Record<string, string>
  body?: string
}

/** Sends one request on its own connection. */
async function sendToGateway(world: GatewayWorld, path: string, { as, gateway = 0, body, ...rest }: Sending) {
  const tls = { ca: world.ca, cert: as.cert, key: as.key, agent: false as const }
  const port = world.port('production', gateway)
  const request = httpsRequest({ host: 'localhost', port, path, ...tls, ...rest })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  const answer = text.startsWith('{') ? JSON.parse(text) : {}
  return { status: response.statusCode, code: answer.code as string | undefined, body: answer }
}

describeOnBothEngines('running gateways whose store is restored to an older backup', (store) => {
  let world: GatewayWorld
  let backup: StoreBackup
  beforeAll(async () => {
    world = await openGatewayWorld({ location: store.location, gateways: 2 })
  })
  afterAll(async () => {
    backup?.[Symbol.dispose]()
    await world[Symbol.asyncDispose]()
  })

  /** Returns the response of each gateway. */
  const ask = (as: TestClient, path = '/whoami', headers: Record<string, string> = {}) =>
    Promise.all([0, 1].map((gateway) => sendToGateway(world, path, { as, gateway, headers })))
  const codesOf = async (as: TestClient, path?: string, headers?: Record<string, string>) =>
    (await ask(as, path, headers)).map(({ status, code }) => code ?? String(status))
  const fetchToken = async (as: TestClient, { clientId, secret }: { clientId: string; secret: string }) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-api-key': secret }
    return sendToGateway(world, `/token/${clientId}`, { as, method: 'POST', headers })
  }
  const isRevoked = ['certificate_revoked', 'certificate_revoked']

  test('keep denying what was ended, list it by name, and confirm nothing of the lost period', async () => {
    const [kept, revoked, later] = [await world.issue(), await world.issue(), await world.issue()]
    const credential = await world.createCredential()
    const deleted = await world.createCredential()
    await world.setPlan('observe', 'globex')
    const token = (await fetchToken(kept, credential)).body.access_token
    const bearer = { authorization: `Bearer ${token}` }
    await expect.poll(() => codesOf(kept, '/payments', bearer), patience).toEqual(['200', '200'])
    backup = await takeBackup(store.location)

    // What the backup does not contain.
    await world.revoke(revoked.id)
    const issued = await world.issue()
    await world.deleteCredential(deleted.id)
    await world.setPlan('enforce', 'globex')
    const form = { 'content-type': 'application/x-www-form-urlencoded', 'x-api-key': credential.secret }
    const body = `client_id=${credential.clientId}&token=${token}`
    await sendToGateway(world, '/revoke', { as: kept, method: 'POST', headers: form, body })
    await expect.poll(() => codesOf(revoked), patience).toEqual(isRevoked)
    await expect.poll(() => codesOf(issued), patience).toEqual(['200', '200'])
    await expect
      .poll(() => codesOf(kept, '/payments', bearer), patience)
      .toEqual(['token_revoked', 'token_revoked'])

    // The restored store has other changes, at versions beyond those that the gateways had reached.
    const place = await latestVersion(world.database.queries)
    await backup.putBack(async (copy) => {
      while ((await latestVersion(copy.queries)) < place + 5)
        await copy.transaction(async (tx) => void (await recordChange(tx, 'registration', 'reg_none', 1)))
    })
    const seen = new Set<string>()
    const hasReturned = async () => {
      for (const code of await codesOf(revoked)) seen.add(code)
      const [epoch] = await listEpochs(world.database.queries)
      const gateways = await createGatewayStore(world.database).list(0)
      const newest = await latestVersion(world.database.queries)
      return gateways.filter((one) => one.epoch === epoch?.id && one.confirmedVersion === newest).length
    }
    await expect.poll(() => hasReturned().catch(() => 0), patience).toBe(2)
    expect([...seen]).toEqual(['certificate_revoked'])
    expect((await listEpochs(world.database.queries)).map(({ cause }) => cause)).toEqual([
      'went-back',
      'first-start',
    ])

    expect(await codesOf(issued)).toEqual(['certificate_not_registered', 'certificate_not_registered'])
    expect(await codesOf(kept)).toEqual(['200', '200'])
    expect(await codesOf(kept, '/payments', bearer)).toEqual(['token_revoked', 'token_revoked'])
    expect((await fetchToken(kept, deleted)).status).toBe(401)
    expect((await fetchToken(kept, credential)).status).toBe(200)
    const told = await world.database.queries
      .selectFrom('lost_endings')
      .select(['kind', 'name', 'organization_id'])
      .orderBy('kind')
      .execute()
    const [acme, globex] = ['acme', 'globex'].map((slug) => world.organizations[slug]?.id ?? '')
    const owner = { organization_id: acme }
    expect(told).toEqual([
      { kind: 'certificate_revoked', name: revoked.name, ...owner },
      { kind: 'certificate_unknown', name: issued.name, ...owner },
      { kind: 'credential_deleted', name: 'test', ...owner },
      { kind: 'plan_enforced', name: `${globex}/production`, organization_id: globex },
    ])
    expect(world.logged.filter((line) => line.includes(revoked.name))).not.toEqual([])

    // New revocations take effect as usual.
    await world.revoke(later.id)
    await expect.poll(() => codesOf(later), patience).toEqual(isRevoked)
  })

  test('share what was ended with a gateway that starts later', async () => {
    const gateway = createRegistryStore(world.database)
    const registry = createRegistry()
    await gateway.loadInto(registry, Date.now())
    registry.hold(await gateway.listLostEndings())
    const rows = await world.database.queries
      .selectFrom('lost_endings')
      .select(['kind', 'detail', 'subject_id'])
      .execute()
    const { detail = '' } = rows.find(({ kind }) => kind === 'certificate_revoked') ?? {}
    const { fingerprint, reason, at } = JSON.parse(detail)
    expect(registry.findByFingerprint(fingerprint)?.revoked).toBe(true)
    expect(registry.findRevocation(fingerprint)).toEqual({ reason, at })
    expect(reason).toBe('keyCompromise')
    expect(Math.abs(Date.now() - at)).toBeLessThan(day)
    expect(registry.findPlan(world.organizations.globex?.id ?? '', 'production')?.mode).toBe('enforce')
    const tokens = await world.database.queries.selectFrom('revoked_tokens').select('id').execute()
    expect(tokens).toHaveLength(1)
  })
})
