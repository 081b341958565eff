import { X509Certificate } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import {
  type CertificateHarness,
  createCertificateHarness,
  makeCsr,
} from '../../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../../test/support/databases.ts'
import type { Organization } from '../../shapes/organization.ts'

const rejection = (code: string) => expect.objectContaining({ code })

describeOnBothEngines('a certificate that is created with its CSR', (store) => {
  let harness: CertificateHarness
  let acme: Organization
  let signerFails = false
  beforeAll(async () => {
    harness = await createCertificateHarness(store.database, {
      replaceSigner: (real) => ({
        ...real,
        async signCertificate(certificate) {
          if (signerFails) throw new Error('the token is away')
          return real.signCertificate(certificate)
        },
      }),
    })
    acme = await harness.addOrganization('acme')
  })
  const listActions = async (id: string) => {
    const rows = await store.database.queries
      .selectFrom('audit')
      .select('action')
      .where('subject_id', '=', id)
      .orderBy('sequence')
      .execute()
    return rows.map(({ action }) => action)
  }

  test('is issued in one call, with the audit rows of every step', async () => {
    const view = await harness.createDraft(acme, 'production', { description: 'Billing', csr: makeCsr() })
    expect(view).toMatchObject({ status: 'issued', description: 'Billing' })
    expect(new X509Certificate(view.issued?.pem ?? '').subject).toContain(`CN=${view.name}`)
    expect(await listActions(view.id)).toEqual([
      'certificate.created',
      'certificate.submitted',
      'certificate.planned',
      'certificate.issued',
    ])
  })

  test('is processed according to the issuance mode of its environment', async () => {
    for (const environment of ['staging', 'careful'])
      expect((await harness.createDraft(acme, environment, { csr: makeCsr() })).status).toBe('pending')
  })

  test('is not stored when its CSR is rejected, and uses no number', async () => {
    const csr = makeCsr()
    const first = await harness.createDraft(acme, 'production', { csr })
    const list = () => harness.call('listCertificates', { organization: acme, environment: 'production' })
    const before = (await list()).items.length
    await expect(harness.createDraft(acme, 'production', { csr })).rejects.toEqual(
      rejection('key_already_used'),
    )
    await expect(harness.createDraft(acme, 'production', { csr: 'x' })).rejects.toEqual(
      rejection('csr_is_something_else'),
    )
    expect((await list()).items).toHaveLength(before)
    const next = await harness.createDraft(acme)
    const numberOf = ({ name }: { name: string }) => Number(name.split('-').at(-1))
    expect(numberOf(next)).toBe(numberOf(first) + 1)
  })

  test('is issued once and rejected once when the CSR is sent twice concurrently', async () => {
    const csr = makeCsr()
    const send = () => harness.createDraft(acme, 'production', { csr })
    const results = await Promise.allSettled([send(), send()])
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const failed = results.find(({ status }) => status === 'rejected') as PromiseRejectedResult
    expect(failed.reason).toEqual(rejection('key_already_used'))
  })

  test('stays pending with its plan when the key cannot sign, until the worker continues', async () => {
    signerFails = true
    const view = await harness.createDraft(acme, 'production', { csr: makeCsr() })
    signerFails = false
    expect(view.status).toBe('pending')
    expect(harness.failures.at(-1)).toBe('issue-certificate: the token is away')
    const row = await store.database.queries
      .selectFrom('certificates')
      .innerJoin('jobs', 'jobs.key', 'certificates.id')
      .select(['tbs_der', 'certificate_der', 'jobs.kind'])
      .where('certificates.id', '=', view.id)
      .executeTakeFirstOrThrow()
    expect(row).toMatchObject({ certificate_der: null, kind: 'issue-certificate' })
    expect(row.tbs_der).not.toBeNull()
  })
})
