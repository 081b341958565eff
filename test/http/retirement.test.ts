import { beforeAll, expect, test } from 'vitest'
import { createAuthorityStore } from '../../src/authority/authority-store.ts'
import { remindOfRetirements, retireIssuer } from '../../src/authority/retire-issuer.ts'
import { createRetirementStore } from '../../src/authority/retirement-store.ts'
import { createBulkRevocationStore } from '../../src/certificates/revocation/bulk-revocation-store.ts'
import { writeEmails } from '../../src/notifications/write-emails-store.ts'
import { systemActor } from '../../src/shapes/actor.ts'
import { addIssuer } from '../../src/signer/create-authority.ts'
import { createCertificateHarness } from '../support/certificate-harness.ts'
import { describeOnBothEngines } from '../support/databases.ts'

const day = 86_400_000
const actor = systemActor('test')

describeOnBothEngines('retiring an issuing CA', (store) => {
  let harness: Awaited<ReturnType<typeof createCertificateHarness>>
  let oldId: string
  let newId: string
  let now: number
  const clock = { now: () => now }
  const parts = () => ({
    retirements: createRetirementStore(store.database, writeEmails),
    clock,
    portalUrl: 'https://portal.example',
  })
  const retire = (issuerId: string, retiresAt: number | null, expected: number | null = null) =>
    retireIssuer(parts(), actor, issuerId, {
      retiresAt: retiresAt === null ? null : new Date(retiresAt).toISOString(),
      ...(expected !== null ? { expectedCount: expected } : retiresAt !== null && { dryRun: true }),
    })
  const readEmails = () =>
    store.database.queries
      .selectFrom('outbox')
      .select(['recipient', 'subject', 'body'])
      .where('key', 'like', 'issuer-retires:%')
      .execute()
  const readDate = () => harness.issue.issuers.findRetirement(oldId)

  beforeAll(async () => {
    harness = await createCertificateHarness(store.database)
    now = harness.clock.now()
    const [acme, globex] = [await harness.addOrganization('acme'), await harness.addOrganization('globex')]
    await harness.issueOne(acme)
    await harness.issueOne(acme)
    await harness.issueOne(globex)
    oldId = (await harness.issue.issuers.getSigning('production')).id
    await addIssuer(
      {
        database: store.database,
        authorityKey: harness.authorityKey,
        hsm: undefined,
        newKeys: { location: 'store', algorithm: 'ecdsa' },
        clock: { now: () => Date.now() + 1000 },
        publicationUrl: 'http://localhost',
      },
      { name: 'production' },
      actor,
    )
    newId = (await harness.issue.issuers.getSigning('production')).id
    expect(newId).not.toBe(oldId)
  })

  test('is rejected for the active CA, a past date and an unknown CA', async () => {
    await expect(retire(newId, now + day, 0)).rejects.toMatchObject({ code: 'issuer_still_signs' })
    await expect(retire(oldId, now - 1, 3)).rejects.toMatchObject({ code: 'bad_request' })
    await expect(retire('iss_none', now + day, 0)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('counts a certificate through its last second, as every other count does', async () => {
    const rows = await store.database.queries.selectFrom('certificates').select('not_after').execute()
    const end = Math.max(...rows.map(({ not_after: notAfter }) => notAfter ?? 0))
    const countInBulk = async (now: number) => {
      const bulk = createBulkRevocationStore(store.database)
      return (await bulk.create({ issuerId: oldId, reason: 'superseded' }, { actor, now })).matching
    }
    const countAt = async (at: number) => [
      (await createRetirementStore(store.database, writeEmails).count(oldId, at)).affectedCertificates,
      (await createAuthorityStore(store.database).readHoldings(oldId, at)).validCertificates,
      await countInBulk(at),
    ]
    const [last = 0, ...others] = await countAt(end + 999)
    expect(last).toBeGreaterThan(0)
    expect(others).toEqual([last, last])
    expect(await countAt(end + 1000)).toEqual([0, 0, 0])
  })

  test('starts with a dry run that names the affected certificates', async () => {
    const look = await retire(oldId, now + 30 * day)
    expect(look).toMatchObject({ applied: false, affectedCertificates: 3 })
    expect(look.organizations).toEqual([
      { slug: 'acme', affectedCertificates: 2 },
      { slug: 'globex', affectedCertificates: 1 },
    ])
    expect(await readDate()).toBeNull()
    expect((await retire(oldId, now + 4000 * day)).affectedCertificates).toBe(0)
  })

  test('is rejected if the number of affected certificates differs from the confirmed one', async () => {
    await expect(retire(oldId, now + 30 * day, 2)).rejects.toMatchObject({ code: 'conflict' })
    expect(await readDate()).toBeNull()
    expect(await readEmails()).toEqual([])
  })

  test('emails all affected users once, and reminds them once before each date', async () => {
    expect(await retire(oldId, now + 30 * day, 3)).toMatchObject({ applied: true })
    expect(await readDate()).toBe(now + 30 * day)
    const first = await readEmails()
    expect(first.length).toBeGreaterThan(0)
    expect(first.find(({ body }) => body.includes('/o/acme/'))?.body).toMatch(/acme-0001\s[\s\S]*acme-0002/)
    await retire(oldId, now + 30 * day, 3)
    expect(await readEmails()).toHaveLength(first.length)

    await remindOfRetirements(parts())
    expect(await readEmails()).toHaveLength(first.length)
    now += 17 * day
    await remindOfRetirements(parts())
    await remindOfRetirements(parts())
    expect(await readEmails()).toHaveLength(2 * first.length)
    now += 12.5 * day
    await remindOfRetirements(parts())
    await remindOfRetirements(parts())
    expect(await readEmails()).toHaveLength(3 * first.length)
  })

  test('can be canceled, and every step is in the audit log', async () => {
    await retire(oldId, null)
    expect(await readDate()).toBeNull()
    const rows = await store.database.queries
      .selectFrom('audit')
      .select('action')
      .where('subject_id', '=', oldId)
      .where('action', 'like', 'issuer.retirement%')
      .execute()
    expect(rows.map(({ action }) => action)).toEqual(['issuer.retirement_set', 'issuer.retirement_cancelled'])
  })
})
