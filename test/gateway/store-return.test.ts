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
import { type GatewayHarness, openGatewayHarness, type TestClient } from '../support/gateway-harness.ts'
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
async function sendToGateway(
  harness: GatewayHarness,
  path: string,
  { as, gateway = 0, body, ...rest }: Sending,
) {
  const tls = { ca: harness.ca, cert: as.cert, key: as.key, agent: false as const }
  const port = harness.port('production', gateway)
  const request = httpsRequest({ host: 'localhost', port, path, ...tls, ...rest })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += chunk
  const answer = text.startsWith('{') ? JSON.parse(text) : {}
  return { status: response.statusCode, code: answer.code as string | undefined, body: answer }
}

describeOnBothEngines('running gateways whose store is restored to an older backup', (store) => {
  let harness: GatewayHarness
  let backup: StoreBackup
  beforeAll(async () => {
    harness = await openGatewayHarness({ location: store.location, gateways: 2 })
  })
  afterAll(async () => {
    backup?.[Symbol.dispose]()
    await harness[Symbol.asyncDispose]()
  })

  /** Returns the response of each gateway. */
  const ask = (as: TestClient, path = '/whoami', headers: Record<string, string> = {}) =>
    Promise.all([0, 1].map((gateway) => sendToGateway(harness, path, { as, gateway, headers })))
  const codesOf = async (as: TestClient, path?: string, headers?: Record<string, string>) =>
    (await ask(as, path, headers)).map(({ status, code }) => code ?? String(status))
  const fetchToken = async (as: TestClient, { clientId, secret }: { clientId: string; secret: string }) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-api-key': secret }
    return sendToGateway(harness, `/token/${clientId}`, { as, method: 'POST', headers })
  }
  const isRevoked = ['certificate_revoked', 'certificate_revoked']

  test('keep denying what was ended, list it by name, and confirm nothing of the lost period', async () => {
    const [kept, revoked, later] = [await harness.issue(), await harness.issue(), await harness.issue()]
    const credential = await harness.createCredential()
    const deleted = await harness.createCredential()
    await harness.setPlan('observe', 'globex')
    const token = (await fetchToken(kept, credential)).body.access_token
    const bearer = { authorization: `Bearer ${token}` }
    await expect.poll(() => codesOf(kept, '/payments', bearer), patience).toEqual(['200', '200'])
    backup = await takeBackup(store.location)

    // What the backup does not contain.
    await harness.revoke(revoked.id)
    const issued = await harness.issue()
    await harness.deleteCredential(deleted.id)
    await harness.setPlan('enforce', 'globex')
    const form = { 'content-type': 'application/x-www-form-urlencoded', 'x-api-key': credential.secret }
    const body = `client_id=${credential.clientId}&token=${token}`
    await sendToGateway(harness, '/revoke', { as: kept, method: 'POST', headers: form, body })
    await expect.poll(() => codesOf(revoked), patience).toEqual(isRevoked)
    await expect.poll(() => codesOf(issued), patience).toEqual(['200', '200'])
    await expect
      .poll(() => codesOf(kept, '/payments', bearer), patience)
      .toEqual(['token_revoked', 'token_revoked'])

    // The restored store has other changes, at versions beyond those that the gateways had reached.
    const place = await latestVersion(harness.database.queries)
    await backup.putBack(async (copy) => {
      while ((await latestVersion(copy.queries)) < place + 5)
        await copy.transaction(async (tx) => void (await recordChange(tx, 'registration', 'reg_none', 1)))
    })
    const seen = new Set<string>()
    const hasReturned = async () => {
      for (const code of await codesOf(revoked)) seen.add(code)
      const [epoch] = await listEpochs(harness.database.queries)
      const gateways = await createGatewayStore(harness.database).list(0)
      const newest = await latestVersion(harness.database.queries)
      return gateways.filter((one) => one.epoch === epoch?.id && one.confirmedVersion === newest).length
    }
    await expect.poll(() => hasReturned().catch(() => 0), patience).toBe(2)
    expect([...seen]).toEqual(['certificate_revoked'])
    expect((await listEpochs(harness.database.queries)).map(({ cause }) => cause)).toEqual([
      'went-back',
      'first-start',
    ])

    expect(await codesOf(issued)).toEqual(['certificate_not_registered', 'certificate_not_registered'])
    expect(await codesOf(kept)).toEqual(['200', '200'])
    expect(await codesOf(kept, '/payments', bearer)).toEqual(['token_revoked', 'token_revoked'])
    expect((await fetchToken(kept, deleted)).status).toBe(401)
    expect((await fetchToken(kept, credential)).status).toBe(200)
    const told = await harness.database.queries
      .selectFrom('lost_endings')
      .select(['kind', 'name', 'organization_id'])
      .orderBy('kind')
      .execute()
    const [acme, globex] = ['acme', 'globex'].map((slug) => harness.organizations[slug]?.id ?? '')
    const owner = { organization_id: acme }
    expect(told).toEqual([
      { kind: 'certificate_revoked', name: revoked.name, ...owner },
      { kind: 'certificate_unknown', name: issued.name, ...owner },
      { kind: 'credential_deleted', name: 'test', ...owner },
      { kind: 'plan_enforced', name: `${globex}/production`, organization_id: globex },
    ])
    expect(harness.logged.filter((line) => line.includes(revoked.name))).not.toEqual([])

    // New revocations take effect as usual.
    await harness.revoke(later.id)
    await expect.poll(() => codesOf(later), patience).toEqual(isRevoked)
  })

  test('share what was ended with a gateway that starts later', async () => {
    const gateway = createRegistryStore(harness.database)
    const registry = createRegistry()
    await gateway.loadInto(registry, Date.now())
    registry.hold(await gateway.listLostEndings())
    const rows = await harness.database.queries
      .selectFrom('lost_endings')
      .select(['kind', 'detail', 'subject_id'])
      .execute()
    const { detail = '' } = rows.find(({ kind }) => kind === 'certificate_revoked') ?? {}
    const { fingerprint, reason, at } = JSON.parse(detail)
    expect(registry.findByFingerprint(fingerprint)?.revoked).toBe(true)
    expect(registry.findRevocation(fingerprint)).toEqual({ reason, at })
    expect(reason).toBe('keyCompromise')
    expect(Math.abs(Date.now() - at)).toBeLessThan(day)
    expect(registry.findPolicy(harness.organizations.globex?.id ?? '', 'production')?.mode).toBe('enforce')
    const tokens = await harness.database.queries.selectFrom('revoked_tokens').select('id').execute()
    expect(tokens).toHaveLength(1)
  })
})
