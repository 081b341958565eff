import { generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeAll, expect, test } from 'vitest'
import {
  type CertificateHarness,
  createCertificateHarness,
  makeCsr,
} from '../../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../../test/support/databases.ts'
import { toApprovalId } from '../../contract/ids.ts'
import { enqueueJob } from '../../jobs/job-store.ts'
import { oids } from '../../pki/der/oids.ts'
import { keyIdentifier } from '../../pki/key/key-identifier.ts'
import { draftClientCertificate, draftResponderCertificate } from '../../pki/profile/certificate-profile.ts'
import { SoundTbsCertList } from '../../pki/status/lint-revocation-list.ts'
import { draftRevocationList } from '../../pki/status/revocation-list.ts'
import { type MasterKey, toMasterKey } from '../../shapes/master-key.ts'
import type { Organization } from '../../shapes/organization.ts'
import { openOcspResponders } from '../../signer/open-ocsp-responders.ts'
import { createRecordSeals } from '../../signer/record-seals.ts'
import { rewrapValues } from '../../storage/rewrap-store.ts'
import type { CertificateRow } from '../../storage/tables/certificate-tables.ts'
import { issueJob } from '../certificate-jobs.ts'
import { issueCertificate } from './issue-certificate.ts'
import { toSealedRecords } from './reseal-store.ts'
import { resumeIssuance } from './resume-issuance.ts'

const refused = { code: 'record_not_authentic' }

/** An attacker who writes to the store directly, without any of Postern's keys. */
describeOnBothEngines('issuance with records planted in the store', (store) => {
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
  // What is resumed is only what the test itself has planned.
  afterEach(async () => {
    const certificates = store.database.queries.updateTable('certificates')
    await certificates.set({ status: 'cancelled' }).where('status', '=', 'pending').execute()
  })

  const write = (id: string, values: Partial<CertificateRow>) =>
    store.database.queries.updateTable('certificates').set(values).where('id', '=', id).execute()
  const read = (id: string) =>
    store.database.queries
      .selectFrom('certificates')
      .selectAll()
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
  /** Plans a certificate whose key could not sign. */
  const planOne = async (): Promise<string> => {
    signerFails = true
    const { id } = await harness.createDraft(acme, 'production', { csr: makeCsr() })
    signerFails = false
    harness.failures.splice(0)
    return id
  }
  const issue = (id: string) => issueCertificate(harness.issue, id)
  const expectRefused = async (id: string) => {
    await expect(issue(id)).rejects.toMatchObject(refused)
    expect(await read(id)).toMatchObject({ status: 'pending', certificate_der: null })
  }
  /** Builds a plan for a certificate with the attacker's key. */
  const draftOwn = async () => {
    const issuer = await harness.issue.issuers.getSigning('production')
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
    const common = {
      serialNumber: '4100000000000000000000000000000001',
      issuer: issuer.details,
      spki,
      subjectKeyIdentifier: await keyIdentifier(spki),
      notBefore: Date.now() - 300_000,
      notAfter: Date.now() + 86_400_000,
    }
    const client = draftClientCertificate({
      ...common,
      subject: { organizationName: 'Mallory', country: 'GB', state: '', commonName: 'acme-9999' },
      uri: 'urn:postern:production:acme:acme-9999',
      crlUrl: 'http://localhost:8080/crl/a.crl',
      ocspUrl: 'http://localhost:8080/ocsp/a',
      issuerUrl: 'http://localhost:8080/issuers/a.cer',
    })
    const subject = [{ type: oids.commonName, value: 'Mallory OCSP' }]
    return { issuer, client, responder: draftResponderCertificate({ ...common, subject }) }
  }

  test('rejects an attacker’s plan in place of the stored one', async () => {
    const id = await planOne()
    const { plan_seal: seal } = await read(id)
    const { issuer, client } = await draftOwn()
    const own = { tbs_der: client, serial_number: '4100000000000000000000000000000001', issuer_id: issuer.id }
    await write(id, own)
    await expectRefused(id)
    await resumeIssuance(harness.issue, harness.onFailure)
    expect(harness.failures.splice(0)).toEqual([
      expect.stringContaining('resume-issuance: The store holds a plan'),
    ])
    for (const plan_seal of [null, new Uint8Array(32), (seal ?? new Uint8Array()).slice(0, 31)]) {
      await write(id, { plan_seal })
      await expectRefused(id)
    }
  })

  test('rejects the plan of another certificate, of another environment, and of an issued certificate', async () => {
    const [id, other] = [await planOne(), await planOne()]
    const kept = await read(id)
    const { tbs_der, plan_seal, serial_number } = await read(other)
    await write(other, { serial_number: null, tbs_der: null, plan_seal: null, status: 'cancelled' })
    await write(id, { tbs_der, plan_seal, serial_number })
    await expectRefused(id)
    const { tbs_der: tbs, plan_seal: seal, serial_number: number } = kept
    await write(id, { tbs_der: tbs, plan_seal: seal, serial_number: number, environment: 'staging' })
    await expectRefused(id)
    await write(id, { environment: 'production' })
    await issue(id)
    expect((await harness.get(acme, id)).status).toBe('issued')
  })

  test('rejects a request that was never checked, with its job, and one whose details were changed', async () => {
    const { id } = await harness.createDraft(acme, 'staging', { csr: makeCsr() })
    await write(id, { name: 'globex-0001' })
    await expectRefused(id)
    const fresh = await harness.createDraft(acme, 'staging', { csr: makeCsr() })
    for (const planted of [
      { certified_subject: JSON.stringify({ organizationName: 'Mallory', country: 'GB', state: '' }) },
      { environment: 'production' },
      { csr_der: (await read(id)).csr_der },
      { request_seal: null },
    ]) {
      const kept = await read(fresh.id)
      await write(fresh.id, planted)
      await expectRefused(fresh.id)
      const { certified_subject, environment, csr_der, request_seal } = kept
      await write(fresh.id, { certified_subject, environment, csr_der, request_seal })
    }
    await issue(fresh.id)
    expect((await harness.get(acme, fresh.id)).status).toBe('issued')
  })

  test('rejects an approval that no operator has given, and one for other data', async () => {
    const { id } = await harness.createDraft(acme, 'careful', { csr: makeCsr() })
    const approval = { decided_at: Date.now(), decided_by: 'operator@postern.example', approved: 1 }
    await write(id, { ...approval, decision_reason: '' })
    await store.database.transaction((tx) =>
      enqueueJob(tx, { kind: issueJob, key: id, owner: acme.id }, 0, 0),
    )
    await expectRefused(id)

    const other = await harness.createDraft(acme, 'careful', { csr: makeCsr() })
    await harness.call('decideApproval', {
      params: { approvalId: toApprovalId(other.id) },
      body: { decision: 'approve', reason: 'fine' },
    })
    const { decided_at, decided_by, decision_reason, decision_seal } = await read(other.id)
    await write(id, { decided_at, decided_by, decision_reason, decision_seal })
    await expectRefused(id)
    expect((await harness.get(acme, other.id)).status).toBe('issued')
  })

  test('leaves unfinished requests of an older release to an operator, and plans them again', async () => {
    const id = await planOne()
    const { serial_number: number } = await read(id)
    // The state after the migration.
    const plan = { tbs_der: null, plan_seal: null, issuer_id: null, serial_number: null, crl_partition: null }
    await write(id, { ...plan, request_seal: null })
    await store.database.queries.deleteFrom('jobs').where('key', '=', id).execute()
    await expectRefused(id)
    const { items } = await harness.call('listApprovals', { query: {} })
    expect(items.map((item) => item.certificate.id)).toContain(id)
    await harness.call('decideApproval', {
      params: { approvalId: toApprovalId(id) },
      body: { decision: 'approve', reason: '' },
    })
    const issued = await harness.get(acme, id)
    expect(issued.status).toBe('issued')
    expect(issued.issued?.serialNumber).not.toBe(number)
  })

  test('rejects an attacker’s OCSP responder', async () => {
    const { issuer, responder } = await draftOwn()
    const open = openOcspResponders({ ...harness, signer: harness.issue.signer })
    signerFails = true
    await expect(open(issuer)).rejects.toThrow('the token is away')
    signerFails = false
    const { tbs_der } = await store.database.queries
      .selectFrom('ocsp_responders')
      .select('tbs_der')
      .executeTakeFirstOrThrow()
    await store.database.queries.updateTable('ocsp_responders').set({ tbs_der: responder }).execute()
    await expect(open(issuer)).rejects.toMatchObject(refused)
    await store.database.queries.updateTable('ocsp_responders').set({ tbs_der }).execute()
    expect((await open(issuer)).certificateDer.length).toBeGreaterThan(200)
  })

  test('rejects an issuer whose certificate names another, and the key of another issuer', async () => {
    const { issuer } = await draftOwn()
    const issuers = () => store.database.queries.updateTable('issuers').where('id', '=', issuer.id)
    const staging = await harness.issue.issuers.getSigning('staging')
    const fresh = await createCertificateHarness(store.database).catch((error) => error)
    // A different authority key opens nothing of this store.
    expect(fresh).toMatchObject({ code: 'master_key_wrong' })
    await issuers().set({ certificate_der: staging.certificateDer }).execute()
    const { openSigner } = await import('../../signer/open-signer.ts')
    const signer = openSigner(store.database, harness.authorityKey)
    const times = { thisUpdate: Date.now(), nextUpdate: Date.now() + 1000 }
    const drafted = draftRevocationList({ issuer: issuer.details, number: 1, ...times, entries: [] })
    const list = new SoundTbsCertList(drafted, issuer.details)
    await expect(signer.signRevocationList(issuer.id, list)).rejects.toMatchObject(refused)
    await issuers().set({ certificate_der: issuer.certificateDer }).execute()
    expect((await signer.signRevocationList(issuer.id, list)).length).toBeGreaterThan(drafted.length)
  })

  test('seals its records again under the next authority key, and no planted ones', async () => {
    const [id, planted] = [await planOne(), await planOne()]
    await write(planted, { plan_seal: new Uint8Array(32) })
    const { first } = harness.authorityKey
    const before = await read(id)
    const next = new Uint8Array(32)
    const rewrap = (key: MasterKey) =>
      rewrapValues(store.database, key, toSealedRecords(createRecordSeals), async () => {})
    expect(await rewrap(toMasterKey(next, first))).toBeGreaterThan(0)
    const after = await read(id)
    expect(after.plan_seal).not.toEqual(before.plan_seal)
    expect(after.request_seal).not.toEqual(before.request_seal)
    await expect(issue(id)).rejects.toMatchObject(refused)
    await rewrap(toMasterKey(first, next))
    await issue(id)
    expect((await harness.get(acme, id)).status).toBe('issued')
    await expectRefused(planted)
  })
})
