import { beforeEach, expect, test } from 'vitest'
import {
  type CertificateHarness,
  createCertificateHarness,
} from '../../../test/support/certificate-harness.ts'
import { describeWithFreshStores } from '../../../test/support/databases.ts'
import type { CertificateView } from '../../contract/certificate.ts'
import { parseRevocationList } from '../../pki/status/parse-revocation-list.ts'

describeWithFreshStores('revoking many', (store) => {
  let harness: CertificateHarness
  let issued: CertificateView[]
  let issuerId: string

  beforeEach(async () => {
    harness = await createCertificateHarness(store.database)
    issuerId = (await harness.issue.issuers.getSigning('production')).id
    const acme = await harness.addOrganization('acme')
    const globex = await harness.addOrganization('globex')
    issued = []
    for (const organization of [acme, acme, globex, globex, acme])
      issued.push(await harness.issueOne(organization))
  })

  const revoke = (body: object) =>
    harness.call('revokeCertificates', { body: { reason: 'cessation_of_operation', ...body } })
  const serialOf = (index: number) => issued[index]?.issued?.serialNumber ?? ''

  test('reports what would be revoked, and revokes nothing, without a confirmation', async () => {
    const told = await revoke({ issuerId })
    expect(told).toMatchObject({ matching: 5, revoked: 0 })
    expect(told.certificates.map(({ organization }) => organization).sort()).toEqual([
      ...['acme', 'acme', 'acme'],
      ...['globex', 'globex'],
    ])
    expect(await revoke({ issuerId })).toEqual(told)
  })

  test('revokes nothing when the number of matches differs from the confirmed one', async () => {
    await expect(revoke({ issuerId, expected: 4 })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('5 certificates fit now, not 4'),
    })
    expect(await revoke({ issuerId })).toMatchObject({ matching: 5 })
  })

  test('revokes certificates by public key', async () => {
    const publicKeySha256 = issued[0]?.request?.publicKeySha256
    expect(await revoke({ publicKeySha256, expected: 1 })).toMatchObject({ matching: 1, revoked: 1 })
    expect(await revoke({ publicKeySha256 })).toMatchObject({ matching: 0, certificates: [] })
  })

  test('revokes certificates by serial number, and ignores unknown ones', async () => {
    const serialNumbers = [serialOf(1), serialOf(2), 'abc123']
    expect(await revoke({ serialNumbers, expected: 2 })).toMatchObject({ matching: 2, revoked: 2 })
  })

  test('by issuer, called twice concurrently, revokes, lists, audits and reports each certificate once', async () => {
    const answers = await Promise.allSettled([
      revoke({ issuerId, expected: 5 }),
      revoke({ issuerId, expected: 5 }),
    ])
    const revoked = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.revoked : 0))
    expect(revoked.reduce((sum, number) => sum + number, 0)).toBe(5)
    const list = await harness.crls.findDer({ issuerId, partition: null })
    const { revoked: listed } = parseRevocationList(new Uint8Array(list ?? []))
    expect([...listed].sort()).toEqual(issued.map((_, index) => serialOf(index)).sort())
    const audited = await store.database.queries
      .selectFrom('audit')
      .select('subject_id')
      .where('action', '=', 'certificate.revoked')
      .execute()
    expect(audited.map(({ subject_id: id }) => id).sort()).toEqual(issued.map(({ id }) => id).sort())
    const emails = await store.database.queries
      .selectFrom('outbox')
      .select('key')
      .where('key', 'like', 'certificate-revoked:%')
      .execute()
    expect(emails).toHaveLength(5)
  })
})
