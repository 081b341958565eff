import { beforeAll, expect, test } from 'vitest'
import { createCertificateHarness, makeCsr } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { PosternError } from '../errors.ts'

type Harness = Awaited<ReturnType<typeof createCertificateHarness>>
const hour = 3_600_000

describeOnBothEngines('the hourly budget of certificates', (store) => {
  let harness: Harness
  beforeAll(async () => {
    harness = await createCertificateHarness(store.database, { certificatesPerHour: 3 })
  })
  const startHour = () => harness.clock.advance(hour - (harness.clock.now() % hour))
  const refused = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(PosternError)
    return error as PosternError
  }

  test('is spent once per request when many arrive concurrently, and is renewed every hour', async () => {
    startHour()
    const acme = await harness.addOrganization('acme')
    const other = await harness.addOrganization('other')
    const before = await store.database.queries.selectFrom('certificates').select('id').execute()
    const requests = Array.from({ length: 8 }, () => ({ csr: makeCsr() }))
    const outcomes = await Promise.allSettled(
      requests.map((body) =>
        harness.call('createCertificate', { organization: acme, environment: 'production', body }),
      ),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    const reasons = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as PosternError] : []))
    expect(new Set(reasons.map(({ code }) => code))).toEqual(new Set(['certificate_rate_exceeded']))
    expect(reasons[0]?.retryAfterSeconds).toBe(3600)
    expect(reasons[0]?.message).toContain('3 certificates')
    // A denied request has changed nothing.
    const after = await store.database.queries.selectFrom('certificates').select('id').execute()
    expect(after).toHaveLength(before.length + 3)
    // Other environments and organizations have budgets of their own.
    await harness.createDraft(acme, 'staging')
    await harness.issueOne(other)
    startHour()
    await harness.issueOne(acme)
  })

  test('is not given back by a revocation or a cancellation, and cannot be bypassed with older drafts', async () => {
    startHour()
    const acme = await harness.addOrganization('acme-two')
    const drafts = []
    for (let made = 0; made < 3; made += 1) drafts.push(await harness.createDraft(acme))
    expect((await refused(harness.createDraft(acme))).code).toBe('certificate_rate_exceeded')
    startHour()
    const more = await harness.createDraft(acme)
    for (const { id } of drafts) {
      const issued = await harness.submit(acme, id, makeCsr())
      await harness.revoke(acme, issued)
    }
    harness.clock.advance(hour / 2)
    const late = await refused(harness.submit(acme, more.id, makeCsr()))
    expect([late.code, late.retryAfterSeconds]).toEqual(['certificate_rate_exceeded', 1800])
    expect((await harness.get(acme, more.id)).status).toBe('draft')
    startHour()
    expect((await harness.submit(acme, more.id, makeCsr())).status).toBe('issued')
  })
})
