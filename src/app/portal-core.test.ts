import { beforeAll, expect, test } from 'vitest'
import {
  type CertificateWorld,
  createCertificateWorld,
  makeCsr,
} from '../../test/support/certificate-world.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'

const day = 86_400_000

describeOnBothEngines('a portal that works when it is told to', (store) => {
  let world: CertificateWorld
  beforeAll(async () => {
    world = await createCertificateWorld(store.database)
  })

  test('does the jobs that are due and what follows from them; what fails is told and waits', async () => {
    const acme = await world.addOrganization('acme')
    const contacts = ['team@acme.example']
    const { id } = await world.createDraft(acme, 'staging', { csr: makeCsr(), contacts })
    expect((await world.get(acme, id)).status).toBe('pending')
    await world.core.runDueJobs()
    expect((await world.get(acme, id)).status).toBe('issued')
    expect(world.failures).toEqual(['send-mail: This portal sends nothing.'])
    await world.core.runDueJobs()
    expect(world.failures).toHaveLength(1)
  })

  test('does each chore once: a revocation list that is due is published', async () => {
    const { id: issuerId } = await world.issue.issuers.getSigning('production')
    const readNumber = async () => (await world.crls.find({ issuerId, partition: null }))?.number ?? 0
    const before = await readNumber()
    world.clock.advance(2 * day)
    await world.core.runChores()
    expect(await readNumber()).toBeGreaterThan(before)
  })
})
