import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type CertificateHarness,
  createCertificateHarness,
  makeCsr,
} from '../../test/support/certificate-harness.ts'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { emptyBatch } from '../../test/support/usage-batches.ts'
import type { CertificateView } from '../contract/certificate.ts'
import type { RequiredAction } from '../contract/required-action.ts'
import type { CertificateUsage } from '../contract/usage-batch.ts'
import type { Organization } from '../shapes/organization.ts'
import { openUsageStore, type UsageStore } from './usage-store.ts'

const day = 86_400_000

describeWithFreshStores('what needs action', (store) => {
  let harness: CertificateHarness
  let acme: Organization
  let old: CertificateView
  let writer: UsageStore
  let number = 0

  beforeEach(async () => {
    harness = await createCertificateHarness(store.database)
    acme = await harness.addOrganization('acme')
    old = await harness.issueOne(acme)
    writer = await openUsageStore(store.location)
  })
  afterEach(() => writer.close())

  const list = async (organization = acme, environment = 'production') =>
    (await harness.call('listRequiredActions', { organization, environment })).items
  const names = (items: RequiredAction[]) =>
    items.map((item) =>
      item.kind === 'requests_denied'
        ? item.kind
        : [item.kind, item.certificate.name, ...('replacement' in item ? [item.replacement?.name] : [])].join(
            ' ',
          ),
    )
  const rotate = (certificate: CertificateView) =>
    harness.call('rotateCertificate', { organization: acme, params: { certificateId: certificate.id } })
  const use = ({ id }: CertificateView, changes: Partial<CertificateUsage>) => {
    const now = harness.clock.now()
    const counts = { handshakes: 0, ok: 0, redirects: 0, clientErrors: 0, serverErrors: 0, refusals: 0 }
    const usage = { certificateId: id, minute: now - (now % 60_000), ...counts }
    number += 1
    return writer.write(
      emptyBatch(number, {
        certificates: [
          { ...usage, firstAcceptedAt: null, lastAcceptedAt: null, lastDeniedAt: null, ...changes },
        ],
      }),
    )
  }
  const accept = (certificate: CertificateView) => {
    const now = harness.clock.now()
    return use(certificate, { ok: 1, firstAcceptedAt: now, lastAcceptedAt: now })
  }

  test('is nothing for a certificate with months left', async () => {
    expect(await list()).toEqual([])
  })

  test('is a certificate that expires soon until its replacement is accepted, whatever was begun', async () => {
    harness.clock.advance(346 * day)
    expect(names(await list())).toEqual(['certificate_expiring acme-0001 '])
    const draft = await rotate(old)
    expect(names(await list())).toEqual(['certificate_expiring acme-0001 acme-0002'])
    const next = await harness.submit(acme, draft.id, makeCsr())
    await use(next, { refusals: 37 })
    const [denied] = await list()
    expect(denied).toMatchObject({
      certificate: { name: 'acme-0001', status: 'issued' },
      replacement: { name: 'acme-0002', status: 'issued', deniedCount: 37 },
    })
    harness.clock.advance(30 * day)
    expect(names(await list())).toEqual(['certificate_expired acme-0001 acme-0002'])
    await accept(next)
    expect(await list()).toEqual([])
  })

  test('is a rotation that was begun early, until the old one is retired or the new one canceled', async () => {
    const draft = await rotate(old)
    expect(names(await list())).toEqual(['rotation_unfinished acme-0001 acme-0002'])
    await harness.call('cancelCertificate', { organization: acme, params: { certificateId: draft.id } })
    expect(await list()).toEqual([])
    const next = await harness.submit(acme, (await rotate(old)).id, makeCsr())
    expect(names(await list())).toEqual(['rotation_unfinished acme-0001 acme-0003'])
    await accept(next)
    expect(names(await list())).toEqual(['rotation_to_retire acme-0001'])
    await harness.revoke(acme, old)
    expect(await list()).toEqual([])
  })

  test('is an expiring certificate again after its accepted replacement was revoked', async () => {
    harness.clock.advance(346 * day)
    const next = await harness.submit(acme, (await rotate(old)).id, makeCsr())
    await accept(next)
    expect(names(await list())).toEqual(['rotation_to_retire acme-0001'])
    await harness.revoke(acme, next)
    expect(names(await list())).toEqual(['certificate_expiring acme-0001 '])
  })

  test('is not an expired certificate that nobody has replaced for 90 days, nor a revoked one', async () => {
    const other = await harness.issueOne(acme)
    await harness.revoke(acme, other)
    harness.clock.advance(346 * day)
    expect(names(await list())).toEqual(['certificate_expiring acme-0001 '])
    harness.clock.advance(111 * day)
    expect(await list()).toEqual([])
  })

  test('is a draft and a pending certificate, and only of the organization and the environment', async () => {
    const staging = await harness.createDraft(acme, 'staging')
    await harness.createDraft(acme)
    await harness.submit(acme, (await harness.createDraft(acme, 'staging')).id, makeCsr())
    const globex = await harness.addOrganization('globex')
    expect(names(await list())).toEqual(['certificate_draft acme-0003'])
    expect(names(await list(acme, 'staging'))).toEqual([
      `certificate_draft ${staging.name}`,
      'certificate_pending acme-0004',
    ])
    expect(await list(globex)).toEqual([])
  })

  test('lists 50 of a kind, those that expire first, and says that there are more', async () => {
    const row = await store.database.queries.selectFrom('certificates').selectAll().executeTakeFirstOrThrow()
    const end = harness.clock.now() + day
    const copies = Array.from({ length: 60 }, (_, index) => ({
      ...{ ...row, id: `cert_copy${index}`, number: 100 + index, name: `acme-${100 + index}` },
      ...{ serial_number: null, fingerprint_sha256: null, spki_sha256: null },
      not_after: end - index * 1000,
    }))
    await store.database.queries.insertInto('certificates').values(copies).execute()
    const answer = await harness.call('listRequiredActions', {
      organization: acme,
      environment: 'production',
    })
    expect(answer.hasMore).toBe(true)
    expect(answer.items).toHaveLength(50)
    expect(names(answer.items)[0]).toBe('certificate_expiring acme-159 ')
  })
})
