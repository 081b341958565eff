import { beforeAll, expect, inject, test } from 'vitest'
import {
  type CertificateHarness,
  createCertificateHarness,
  makeCsr,
} from '../../test/support/certificate-harness.ts'
import { until } from '../../test/support/certificates.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { createPostgresDatabase } from '../../test/support/postgres.ts'
import { openDatabase } from '../storage/database.ts'

const day = 86_400_000

describeOnBothEngines('a portal that works when it is told to', (store) => {
  let harness: CertificateHarness
  beforeAll(async () => {
    harness = await createCertificateHarness(store.database)
  })

  test('does the jobs that are due and what follows from them; what fails is told and waits', async () => {
    const acme = await harness.addOrganization('acme')
    const contacts = ['team@acme.example']
    const { id } = await harness.createDraft(acme, 'staging', { csr: makeCsr(), contacts })
    expect((await harness.get(acme, id)).status).toBe('pending')
    await harness.core.runDueJobs()
    expect((await harness.get(acme, id)).status).toBe('issued')
    // To the contact, and to the user who submitted the request.
    const failed = Array(2).fill('send-mail: This portal sends nothing.')
    expect(harness.failures).toEqual(failed)
    await harness.core.runDueJobs()
    expect(harness.failures).toEqual(failed)
  })

  test('does each chore once: a revocation list that is due is published', async () => {
    const { id: issuerId } = await harness.issue.issuers.getSigning('production')
    const readNumber = async () => (await harness.crls.find({ issuerId, partition: null }))?.number ?? 0
    const before = await readNumber()
    harness.clock.advance(2 * day)
    await harness.core.runChores()
    expect(await readNumber()).toBeGreaterThan(before)
  })
})

test('revocation lists are published by a portal that can sign while the one with the lease cannot', async () => {
  const location = {
    engine: 'postgres' as const,
    url: await createPostgresDatabase(inject('postgresUrl'), inject('migratedStores').postgres),
  }
  const database = await openDatabase(location)
  let isAway = false
  let opened = 0
  const harness = await createCertificateHarness(database, {
    replaceSigner(real) {
      opened += 1
      if (opened > 1) return real
      const fail = () => Promise.reject(new Error('the token is away'))
      return {
        signCertificate: (given) => (isAway ? fail() : real.signCertificate(given)),
        signRevocationList: (...given) => (isAway ? fail() : real.signRevocationList(...given)),
      }
    },
  })
  const readHolder = async () =>
    (await database.queries.selectFrom('task_leases').select('holder').executeTakeFirst())?.holder
  harness.core.work()
  await until(readHolder, (holder) => holder !== undefined, 30)
  const other = await harness.openCore()
  const { id: issuerId } = await harness.issue.issuers.getSigning('production')
  const readNumber = async () => (await harness.crls.find({ issuerId, partition: null }))?.number ?? 0
  const before = await readNumber()
  isAway = true
  harness.clock.advance(2 * day)
  other.work()
  await until(readNumber, (number) => number > before, 60)
  await harness.core.close()
  await other.close()
  await database.close()
})
