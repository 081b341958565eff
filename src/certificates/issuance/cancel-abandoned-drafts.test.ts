import { beforeAll, expect, test } from 'vitest'
import {
  type CertificateHarness,
  createCertificateHarness,
  makeCsr,
} from '../../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../../test/support/databases.ts'
import type { Organization } from '../../shapes/organization.ts'
import { cancelAbandonedDrafts } from './cancel-abandoned-drafts.ts'

const day = 86_400_000

describeOnBothEngines('an abandoned draft', (store) => {
  let harness: CertificateHarness
  let acme: Organization
  beforeAll(async () => {
    harness = await createCertificateHarness(store.database)
    acme = await harness.addOrganization('abandoned')
  })
  const run = (max?: number) =>
    cancelAbandonedDrafts({ abandoned: harness.dependencies.abandoned, clock: harness.clock }, max)
  const statusOf = async (id: string) => (await harness.get(acme, id)).status

  test('is canceled by Postern 30 days after its last change, with a reason and an event', async () => {
    const [left, changed, pending] = [
      await harness.createDraft(acme, 'careful'),
      await harness.createDraft(acme, 'careful'),
      await harness.createDraft(acme, 'careful'),
    ]
    await harness.submit(acme, pending.id, makeCsr())
    harness.clock.advance(29 * day)
    const update = { description: 'still wanted' }
    const params = { certificateId: changed.id }
    await harness.call('updateCertificate', { organization: acme, params, body: update })
    expect(await run()).toBe(0)
    expect(left.status === 'draft' && left.endsAt).toBe(
      new Date(Date.parse(left.createdAt) + 30 * day).toISOString(),
    )
    harness.clock.advance(day)
    expect(await run()).toBe(1)
    expect(await statusOf(left.id)).toBe('cancelled')
    expect([await statusOf(changed.id), await statusOf(pending.id)]).toEqual(['draft', 'pending'])
    const history = await harness.call('listCertificateHistory', {
      organization: acme,
      params: { certificateId: left.id },
    })
    expect(history.items[0]).toMatchObject({
      type: 'certificate.cancelled',
      actor: { kind: 'system', label: 'drafts' },
      data: { before: { status: 'draft' }, after: { status: 'cancelled', reason: 'abandoned' } },
    })
    const { queries } = store.database
    const changes = await queries
      .selectFrom('changes')
      .selectAll()
      .where('subject_id', '=', left.id)
      .execute()
    expect(changes).toHaveLength(1)
    harness.clock.advance(29 * day)
    expect(await run()).toBe(1)
    expect(await statusOf(changed.id)).toBe('cancelled')
  })

  test('waits for the next run where there are many', async () => {
    for (let count = 0; count < 3; count += 1) await harness.createDraft(acme, 'careful')
    harness.clock.advance(30 * day)
    expect([await run(2), await run(2), await run(2)]).toEqual([2, 1, 0])
  })
})
