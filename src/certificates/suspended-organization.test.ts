import { expect, test } from 'vitest'
import { createCertificateHarness, makeCsr } from '../../test/support/certificate-harness.ts'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { issueJob } from './certificate-jobs.ts'

describeWithFreshStores('certificates of a suspended organization', (store) => {
  test('wait for their issuance until the organization is reactivated', async () => {
    const harness = await createCertificateHarness(store.database)
    const acme = await harness.addOrganization('acme')
    const { id } = await harness.createDraft(acme, 'staging')
    await harness.submit(acme, id, makeCsr())
    await harness.call('suspendOrganization', { organization: acme, body: { reason: 'Unpaid' } })
    const statusOf = async () => (await harness.get(acme, id)).status
    for (let day = 0; day < 5; day += 1) {
      await harness.core.runDueJobs()
      harness.clock.advance(86_400_000)
    }
    const job = () =>
      harness.database.queries
        .selectFrom('jobs')
        .select(['attempts', 'given_up_at'])
        .where('kind', '=', issueJob)
    expect([await statusOf(), await job().execute(), harness.failures]).toEqual([
      'pending',
      [{ attempts: 0, given_up_at: null }],
      [],
    ])
    await harness.core.runDueJobs()
    await harness.call('reactivateOrganization', { organization: acme })
    await harness.core.runDueJobs()
    expect([await statusOf(), await job().execute()]).toEqual(['issued', []])
  })
})
