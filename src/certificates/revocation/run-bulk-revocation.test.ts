import { beforeEach, describe, expect, test } from 'vitest'
import {
  type CertificateHarness,
  createCertificateHarness,
} from '../../../test/support/certificate-harness.ts'
import { describeWithFreshStores } from '../../../test/support/databases.ts'
import type { CertificateView } from '../../contract/certificate.ts'
import { parseRevocationList } from '../../pki/status/parse-revocation-list.ts'
import { runBulkRevocation } from './run-bulk-revocation.ts'

describeWithFreshStores('a bulk revocation', (store) => {
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

  const create = (body: object) =>
    harness.call('createBulkRevocation', { body: { reason: 'cessation_of_operation', ...body } })
  const get = (bulkRevocationId: string) =>
    harness.call('getBulkRevocation', { params: { bulkRevocationId } })
  const list = (bulkRevocationId: string, query: object = {}) =>
    harness.call('listBulkRevocationCertificates', { params: { bulkRevocationId }, query })
  const serialOf = (index: number) => issued[index]?.issued?.serialNumber ?? ''
  const listAudited = async (action: string) =>
    (
      await store.database.queries
        .selectFrom('audit')
        .select('subject_id')
        .where('action', '=', action)
        .execute()
    ).map(({ subject_id: id }) => id)
  const listRevoked = async () => {
    const der = await harness.crls.findDer({ issuerId, partition: null })
    return [...parseRevocationList(new Uint8Array(der ?? [])).revoked].sort()
  }
  const serials = () => issued.map((_, index) => serialOf(index)).sort()

  test('that is a dry run counts and lists certificates, and revokes and records nothing', async () => {
    const told = await create({ issuerId, dryRun: true })
    expect(told).toMatchObject({ state: 'dry_run', matching: 5, revoked: 0, skipped: 0, finishedAt: null })
    await harness.core.runDueJobs()
    const first = await list(told.id, { limit: 3 })
    const { items } = await list(told.id, { limit: 3, cursor: first.nextCursor })
    expect([...first.items, ...items].map(({ organization }) => organization).sort()).toEqual([
      ...['acme', 'acme', 'acme'],
      ...['globex', 'globex'],
    ])
    expect(await create({ issuerId, dryRun: true })).toMatchObject({ matching: 5 })
    expect(await listAudited('bulk_revocation.created')).toEqual([])
  })

  test('revokes nothing when the number of matches differs from the expected one', async () => {
    await expect(create({ issuerId, expectedCount: 4 })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('5 certificates fit now, not 4'),
    })
    await harness.core.runDueJobs()
    expect(await create({ issuerId, dryRun: true })).toMatchObject({ matching: 5 })
    expect((await harness.call('listBulkRevocations', {})).items).toHaveLength(1)
  })

  test('revokes certificates by public key or by serial number, and ignores unknown ones', async () => {
    const publicKeySha256 = issued[0]?.request?.publicKeySha256
    const byKey = await create({ publicKeySha256, expectedCount: 1 })
    expect(byKey.state).toBe('running')
    const bySerial = await create({
      serialNumbers: [serialOf(1), serialOf(2), 'abc123'],
      expectedCount: 2,
    })
    await harness.core.runDueJobs()
    expect(await get(byKey.id)).toMatchObject({ state: 'done', matching: 1, revoked: 1 })
    expect(await get(bySerial.id)).toMatchObject({ state: 'done', matching: 2, revoked: 2 })
    expect(await create({ publicKeySha256, dryRun: true })).toMatchObject({ matching: 0 })
  })

  test('goes on where it was cut off, and counts each certificate once', async () => {
    const { id } = await create({ issuerId, expectedCount: 5 })
    const { dependencies: parts, onFailure } = harness
    const crl = { publish: async () => {}, onFailure }
    let left = 3
    // As a kill leaves it: each revocation is made together with its record, or not at all.
    const bulkProgress = {
      ...parts.bulkProgress,
      async settle(...given: Parameters<typeof parts.bulkProgress.settle>) {
        if (left === 0) throw new Error('killed')
        left -= 1
        await parts.bulkProgress.settle(...given)
      },
    }
    const cut = runBulkRevocation({ ...parts.issue, certificates: parts.certificates, bulkProgress, crl }, id)
    await expect(cut).rejects.toThrow('killed')
    expect(await get(id)).toMatchObject({ state: 'running', revoked: 3, skipped: 0 })
    expect(await listAudited('certificate.revoked')).toHaveLength(3)
    await harness.core.runDueJobs()
    expect(await get(id)).toMatchObject({ state: 'done', revoked: 5, skipped: 0 })
    expect((await listAudited('certificate.revoked')).sort()).toEqual(issued.map((one) => one.id).sort())
    expect(await listRevoked()).toEqual(serials())
    expect(await listAudited('bulk_revocation.finished')).toEqual([id])
  })

  test('revokes the others where one certificate cannot be revoked, and that one when it can', async () => {
    const { id } = await create({ issuerId, expectedCount: 5 })
    const broken = issued[1]?.id as string
    const { dependencies: parts, onFailure } = harness
    const bulkProgress = {
      ...parts.bulkProgress,
      async settle(...given: Parameters<typeof parts.bulkProgress.settle>) {
        if (given[1].certificateId === broken) throw new Error('this row cannot be written')
        await parts.bulkProgress.settle(...given)
      },
    }
    const crl = { publish: async () => {}, onFailure }
    const run = runBulkRevocation({ ...parts.issue, certificates: parts.certificates, bulkProgress, crl }, id)
    await expect(run).rejects.toThrow('this row cannot be written')
    expect(await get(id)).toMatchObject({ state: 'running', revoked: 4 })
    await harness.core.runDueJobs()
    expect(await get(id)).toMatchObject({ state: 'done', revoked: 5 })
    expect(await listRevoked()).toEqual(serials())
  })

  describe('where more certificates than are revoked at a time cannot be revoked', () => {
    let id: string
    let tried: string[]

    beforeEach(async () => {
      const acme = await harness.addOrganization('initech')
      for (let more = 0; more < 8; more += 1) issued.push(await harness.issueOne(acme))
      ;({ id } = await create({ issuerId, expectedCount: 13 }))
      tried = []
    })

    const runWith = (isBroken: (certificateId: string) => boolean, assertWritable?: () => Promise<void>) => {
      const { dependencies: parts, onFailure } = harness
      const bulkProgress = {
        ...parts.bulkProgress,
        ...(assertWritable && { assertWritable }),
        async settle(...given: Parameters<typeof parts.bulkProgress.settle>) {
          tried.push(given[1].certificateId)
          if (isBroken(given[1].certificateId)) throw new Error('this row cannot be written')
          await parts.bulkProgress.settle(...given)
        },
      }
      const crl = { publish: async () => {}, onFailure }
      return runBulkRevocation({ ...parts.issue, certificates: parts.certificates, bulkProgress, crl }, id)
    }

    test('revokes the others, each time it is run', async () => {
      const last = issued
        .map((one) => one.id)
        .sort()
        .at(-1)
      await expect(runWith((certificateId) => certificateId !== last)).rejects.toThrow('cannot be written')
      expect(await get(id)).toMatchObject({ state: 'running', revoked: 1 })
      await expect(runWith(() => true)).rejects.toThrow('cannot be written')
      await harness.core.runDueJobs()
      expect(await get(id)).toMatchObject({ state: 'done', revoked: 13 })
      expect(await listRevoked()).toEqual(serials())
    })

    test('stops at the first of them while the store cannot be written', async () => {
      const isAway = async () => {
        throw new Error('the store is away')
      }
      await expect(runWith(() => true, isAway)).rejects.toThrow('the store is away')
      expect(tried.length).toBeLessThanOrEqual(10)
    })
  })

  test('created twice at once revokes, lists, audits and reports each certificate once', async () => {
    const created = await Promise.all([
      create({ issuerId, expectedCount: 5 }),
      create({ issuerId, expectedCount: 5 }),
    ])
    await harness.core.runDueJobs()
    const ended = await Promise.all(created.map(({ id }) => get(id)))
    expect(ended.map(({ state }) => state)).toEqual(['done', 'done'])
    expect(ended.reduce((sum, { revoked }) => sum + revoked, 0)).toBe(5)
    expect(ended.reduce((sum, { skipped }) => sum + skipped, 0)).toBe(5)
    expect(await listRevoked()).toEqual(serials())
    expect((await listAudited('certificate.revoked')).sort()).toEqual(issued.map(({ id }) => id).sort())
    const emails = await store.database.queries
      .selectFrom('outbox')
      .select('key')
      .where('key', 'like', 'certificate-revoked:%')
      .execute()
    expect(emails).toHaveLength(5)
  })

  test('keeps only the newest dry runs', async () => {
    const dryRuns = []
    for (let index = 0; index < 22; index += 1) {
      harness.clock.advance(1)
      dryRuns.push(await create({ issuerId, dryRun: true }))
    }
    const { items } = await harness.call('listBulkRevocations', { query: { limit: 50 } })
    expect(items).toHaveLength(20)
    await expect(get(dryRuns[0]?.id ?? '')).rejects.toMatchObject({ code: 'not_found' })
  })

  test.each([
    [{ dryRun: true, expectedCount: 1 }],
    [{}],
    [{ dryRun: false }],
    [{ expectedCount: 0 }],
    [{ dryRun: true, serialNumbers: ['0a'] }],
    [{ dryRun: true, issuerId: undefined }],
  ])('is refused for %j', async (body) => {
    await expect(create({ issuerId, ...body })).rejects.toMatchObject({ code: 'bad_request' })
  })
})
