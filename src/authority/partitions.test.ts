import { beforeEach, expect, test } from 'vitest'
import { type CertificateHarness, createCertificateHarness } from '../../test/support/certificate-harness.ts'
import { describeWithFreshStores } from '../../test/support/databases.ts'
import { randomSerialNumber } from '../../test/support/test-authority.ts'
import { openToolFolder } from '../../test/support/tool-folder.ts'
import type { CertificateView } from '../contract/certificate.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { parseRevocationList } from '../pki/status/parse-revocation-list.ts'
import { findPemBlocks } from '../pki/text/pem.ts'
import { createPartitionChoice } from './choose-partition.ts'
import { createPartitionStore } from './partition-store.ts'
import { createPublisher } from './publish-revocation-list.ts'
import { createRevokedCertificateStore } from './revoked-certificate-store.ts'

const partitionSize = 3

const tell = (work: () => string): string => {
  try {
    return work()
  } catch (error) {
    return (error as Error).message
  }
}

describeWithFreshStores('partitions of the CRL', (store) => {
  let harness: CertificateHarness
  let acme: Awaited<ReturnType<CertificateHarness['addOrganization']>>
  let issuerId: string
  let certificates: CertificateView[]
  beforeEach(async () => {
    certificates = []
    harness = await createCertificateHarness(store.database, { partitionSize })
    acme = await harness.addOrganization('acme')
    issuerId = (await harness.issue.issuers.getSigning('production')).id
    for (let issued = 0; issued < 2 * partitionSize; issued += 1)
      certificates.push(await harness.issueOne(acme))
  })
  const listIds = (partition: number | null) => ({ issuerId, partition })
  const numberOf = async (partition: number | null) =>
    (await harness.crls.find(listIds(partition)))?.number ?? 0
  const revokedOn = async (partition: number | null) => {
    const der = await harness.crls.findDer(listIds(partition))
    return [...parseRevocationList(der ?? new Uint8Array()).revoked]
  }
  const serialOf = ({ issued }: CertificateView) => issued?.serialNumber ?? ''
  const pointOf = ({ issued }: CertificateView) =>
    parseCertificate(findPemBlocks(issued?.pem ?? '')[0]?.der ?? new Uint8Array()).crlDistributionPoints
  const secondProcess = (size = partitionSize, publicationUrl = harness.issue.publicationUrl) => {
    const { issuers, signer, clock } = harness.issue
    const revoked = createRevokedCertificateStore(store.database)
    const lists = harness.crls
    const publisher = createPublisher({
      issuers,
      lists,
      revoked,
      signer,
      clock,
      onFailure: harness.onFailure,
    })
    const partitions = createPartitionStore(store.database, publicationUrl)
    return { publisher, ...createPartitionChoice({ partitions, lists, publisher, size }) }
  }

  test('contain a bounded number of certificates each, and each certificate names a published one', async () => {
    const address = (partition: number) => `http://localhost:8080/crl/${issuerId}-${partition}.crl`
    expect(certificates.map(pointOf)).toEqual([1, 1, 1, 2, 2, 2].map((partition) => [address(partition)]))
    expect(await numberOf(1)).toBeGreaterThan(0)
    expect(await numberOf(2)).toBeGreaterThan(0)
    const row = await store.database.queries
      .selectFrom('certificates')
      .select('crl_partition')
      .where('id', '=', certificates[4]?.id ?? '')
      .executeTakeFirst()
    expect(row?.crl_partition).toBe(2)
  })

  test('apply to the certificates that name them and to no others, as judged by openssl', async () => {
    const [revoked, , , stranger] = certificates as [CertificateView, unknown, unknown, CertificateView]
    await harness.revoke(acme, revoked)
    using folder = openToolFolder()
    folder.write('partition.crl', (await harness.crls.findDer(listIds(1))) ?? '')
    const text = folder.run('openssl crl -inform DER -in partition.crl -noout -text')
    expect(text).toMatch(
      new RegExp(
        `Issuing Distribution Point: critical\\s+Full Name:\\s+URI:http://localhost:8080/crl/${issuerId}-1\\.crl\\s+Only User Certificates`,
      ),
    )
    expect(await revokedOn(1)).toEqual([serialOf(revoked)])
    expect(await revokedOn(2)).toEqual([])
    expect(await revokedOn(null)).toEqual([serialOf(revoked)])
    folder.run('openssl crl -inform DER -in partition.crl -out partition.pem')
    const [issuing, root] = await harness.issue.issuers.listChain(issuerId)
    for (const [name, issuer] of Object.entries({ issuing, root })) {
      folder.write(`${name}.der`, issuer?.certificateDer ?? '')
      folder.run(`openssl x509 -inform DER -in ${name}.der -out ${name}.pem`)
    }
    const judge = (name: string, certificate: CertificateView | undefined) => {
      folder.write(name, certificate?.issued?.pem ?? '')
      return tell(() =>
        folder.run(
          `openssl verify -x509_strict -purpose sslclient -crl_check -CRLfile partition.pem -CAfile root.pem -untrusted issuing.pem ${name}`,
        ),
      )
    }
    expect(judge('revoked.pem', revoked)).toContain('certificate revoked')
    expect(judge('good.pem', certificates[1])).toContain('good.pem: OK')
    expect(judge('stranger.pem', stranger)).toContain('different CRL scope')
  })

  test('are published again after a revocation of their own, and not after that of another', async () => {
    const before = [await numberOf(1), await numberOf(2)] as const
    const revoked = certificates[3] as CertificateView
    await harness.revoke(acme, revoked)
    expect(await numberOf(1)).toBe(before[0])
    expect(await numberOf(2)).toBeGreaterThan(before[1])
    expect(await revokedOn(2)).toEqual([serialOf(revoked)])
    expect(await revokedOn(null)).toEqual([serialOf(revoked)])
  })

  test('never exceed their size when processes choose concurrently', async () => {
    const [one, two] = [secondProcess(150), secondProcess(150)]
    const staging = (await harness.issue.issuers.getSigning('staging')).id
    const chosen = await Promise.all(
      Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? one : two).choose(staging)),
    )
    const counts = new Map<number, number>()
    for (const { partition } of chosen) counts.set(partition, (counts.get(partition) ?? 0) + 1)
    expect(chosen).toHaveLength(400)
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(150)
    expect(counts.size).toBeLessThanOrEqual(4)
    for (const partition of counts.keys())
      expect(await harness.crls.find({ issuerId: staging, partition })).toMatchObject({ entries: 0 })
  })

  test('start again when the publication address changes, and the old address stays in its CRL', async () => {
    const moved = secondProcess(partitionSize, 'http://elsewhere.example')
    const { partition, address } = await moved.choose(issuerId)
    expect(address).toBe(`http://elsewhere.example/crl/${issuerId}-${partition}.crl`)
    await harness.publish(`${issuerId}-1`)
    const text = Buffer.from((await harness.crls.findDer(listIds(1))) ?? []).toString('latin1')
    expect(text).toContain(`http://localhost:8080/crl/${issuerId}-1.crl`)
    expect(text).not.toContain('elsewhere')
  })

  test('leave the full CRL to the certificates that name it', async () => {
    const old = certificates[5] as CertificateView
    await store.database.queries
      .updateTable('certificates')
      .set({ crl_partition: null })
      .where('id', '=', old.id)
      .execute()
    const before = [await numberOf(1), await numberOf(2)]
    await harness.revoke(acme, old)
    expect(await revokedOn(null)).toContain(serialOf(old))
    expect([await numberOf(1), await numberOf(2)]).toEqual(before)
  })

  test('contain every revocation when two processes publish while certificates are revoked', async () => {
    const other = secondProcess()
    const more: CertificateView[] = []
    for (let issued = 0; issued < 6; issued += 1) more.push(await harness.issueOne(acme))
    const numbers: number[] = []
    await Promise.all([
      ...more.map((certificate) => harness.revoke(acme, certificate)),
      ...Array.from({ length: 6 }, async () => {
        await other.publisher.publish(issuerId)
        numbers.push(await numberOf(null))
      }),
    ])
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    const full = await revokedOn(null)
    for (const certificate of more) expect(full).toContain(serialOf(certificate))
    expect(harness.failures).toEqual([])
    const kept = await store.database.queries
      .selectFrom('revocation_list_chunks')
      .select('number')
      .where('issuer_id', '=', issuerId)
      .where('partition', '=', 0)
      .execute()
    expect(kept.length).toBeLessThanOrEqual(2)
  })

  test('are published immediately after a revocation when the full CRL is long, which follows in the next round', async () => {
    await harness.revoke(acme, certificates[0] as CertificateView)
    await addRevoked(10_001)
    await harness.publish(issuerId)
    const revoked = await harness.issueOne(acme)
    const before = await numberOf(null)
    await harness.revoke(acme, revoked)
    expect(await numberOf(null)).toBe(before)
    const partition = Number(/-(\d+)\.crl$/.exec(pointOf(revoked)[0] ?? '')?.[1])
    expect(await revokedOn(partition)).toContain(serialOf(revoked))
    await harness.publisher.publishDue()
    expect(await numberOf(null)).toBeGreaterThan(before)
    const full = await revokedOn(null)
    expect(full).toContain(serialOf(revoked))
    const all = await store.database.queries
      .selectFrom('certificates')
      .select('serial_number')
      .where('issuer_id', '=', issuerId)
      .where('status', '=', 'revoked')
      .execute()
    expect(full.toSorted()).toEqual(all.map((row) => row.serial_number).toSorted())
    const after = await numberOf(null)
    await harness.publisher.publishDue()
    expect(await numberOf(null)).toBe(after)
  })

  /** Stores revoked certificates, many of them revoked in the same millisecond. */
  async function addRevoked(count: number): Promise<void> {
    const { queries } = store.database
    const row = await queries
      .selectFrom('certificates')
      .selectAll()
      .where('id', '=', certificates[0]?.id ?? '')
      .executeTakeFirstOrThrow()
    const rows = Array.from({ length: count }, (_, i) => {
      const serialNumber = randomSerialNumber()
      const own = { id: `crt_${i}`, number: 10_000 + i, revoked_at: (row.revoked_at ?? 0) + (i >> 12) }
      const unique = { serial_number: serialNumber, fingerprint_sha256: serialNumber, spki_sha256: null }
      return { ...row, ...own, ...unique, crl_partition: i % 4 === 0 ? null : 1 }
    })
    for (let i = 0; i < count; i += 500)
      await queries
        .insertInto('certificates')
        .values(rows.slice(i, i + 500))
        .execute()
  }
})
