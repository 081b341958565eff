import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createClientSecret } from '../../src/credentials/credential.ts'
import { createCredentialStore } from '../../src/credentials/credential-store.ts'
import { followChanges } from '../../src/gateway/registry/follow-changes.ts'
import { createRegistry } from '../../src/gateway/registry/registry.ts'
import { createRegistryStore } from '../../src/gateway/registry/registry-store.ts'
import { createReload } from '../../src/gateway/registry/reload-registry.ts'
import { createConnections } from '../../src/gateway/request-context/connections.ts'
import { createOrganizationChangeStore } from '../../src/organizations/organization-change-store.ts'
import { systemActor } from '../../src/shapes/actor.ts'
import { deleteOldChanges } from '../../src/storage/delete-old-changes.ts'
import { createCertificateHarness } from '../support/certificate-harness.ts'
import { describeOnBothEngines } from '../support/databases.ts'

const week = 7 * 86_400_000

describeOnBothEngines('a gateway that was away for longer than changes are kept', (store) => {
  test('knows what was revoked, deleted and issued in the meantime', async () => {
    const harness = await createCertificateHarness(store.database)
    const acme = await harness.addOrganization('acme')
    const actor = systemActor('test')
    const credentials = createCredentialStore(store.database)
    const limits = { scopes: [], networks: [], certificateIds: [], tlsClientAuth: null, jwks: null }
    const names = { environment: 'production', name: 'Checkout', description: '', clientId: 'acme-1' }
    const draft = { organizationId: acme.id, ...names, ...limits, secret: createClientSecret() }
    const { id } = await credentials.insert(draft, { actor, now: harness.clock.now() })
    const revoked = await harness.issueOne(acme)

    const gateway = createRegistryStore(store.database)
    const registry = createRegistry()
    const position = await gateway.latestPosition()
    await gateway.loadInto(registry, harness.clock.now())
    const find = (fingerprint = '') => registry.findByFingerprint(fingerprint)
    expect(find(revoked.issued?.fingerprintSha256)).toMatchObject({ revoked: false })

    // The gateway is stopped.
    const stop = { actor, now: harness.clock.now() }
    await createOrganizationChangeStore(store.database).changeStatus(acme.id, 'suspended', 'unpaid', stop)
    await harness.revoke(acme, revoked)
    await credentials.delete(acme.id, id, { actor, now: harness.clock.now() })
    const issued = await harness.issueOne(acme)
    await deleteOldChanges(store.database.queries, harness.clock.now() + week)

    const confirmed: number[] = []
    const applied: string[] = []
    const enforced: string[] = []
    const reload = createReload({
      store: gateway,
      dependencies: { registry, connections: createConnections(), clock: harness.clock },
      known: await gateway.listEpochs(),
      epochs: { enter: async () => '', report: async () => {} },
      loadOthers: async () => {},
      listUsedAssertions: () => [],
      onIssuers() {},
      onRevocationApplied: ({ id: enforcedId }) => void enforced.push(enforcedId),
      onEpoch() {},
      onReturn() {},
    })
    const follower = await followChanges(
      {
        findChanges: gateway.findChanges,
        changesPerRead: gateway.changesPerRead,
        reload,
        watch: (wake) => gateway.watch(wake),
        apply: async ({ subjectId }) => void applied.push(subjectId),
        onConfirmed: (at) => void confirmed.push(at),
        onFailed() {},
      },
      position,
    )
    onTestFinished(() => follower.stop())
    await expect.poll(() => find(revoked.issued?.fingerprintSha256)?.revoked, { timeout: 10_000 }).toBe(true)
    await expect
      .poll(() => confirmed, { timeout: 10_000 })
      .toEqual([(await gateway.latestPosition()).version])
    expect(registry.findClient('acme-1')).toBeUndefined()
    expect(find(issued.issued?.fingerprintSha256)).toMatchObject({ revoked: false })
    expect(registry.findOrganization(acme.id)?.status).toBe('suspended')
    await wait(100)
    expect(applied).toEqual([])
    // Otherwise the portal would wait forever for the confirmation that this gateway applied the revocation.
    expect(enforced).toEqual([revoked.id])
  })
})
