import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type CertificateHarness,
  createCertificateHarness,
  makeCsr,
  pastValidity,
} from '../../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../../test/support/databases.ts'
import { openToolFolder } from '../../../test/support/tool-folder.ts'
import { makePrime, toRsaKeyFile } from '../../../test/vectors/weak-rsa-key.ts'
import { toApprovalId } from '../../contract/ids.ts'
import type { Organization } from '../../shapes/organization.ts'
import { readWeakKeyLists } from './weak-key-lists.ts'

const debianWeak = new URL('../../../test/vectors/debian-weak.key', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'postern-weak-keys-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Returns the CSR that openssl creates with a key file. */
function requestFor(keyFile: string | URL): string {
  using tools = openToolFolder()
  const name = typeof keyFile === 'string' ? tools.write('key.pem', keyFile) : keyFile.pathname
  return tools.run(`openssl req -new -key ${name} -subj /CN=any`)
}

test('a missing folder of weak-key lists is treated as an empty list', async () => {
  const findCompromisedKey = await readWeakKeyLists(join(folder, 'missing'))
  expect(findCompromisedKey({ rsa: { modulus: 7n, exponent: 3n } } as never)).toBeUndefined()
})

describeOnBothEngines('a key that other parties may have', (store) => {
  let harness: CertificateHarness
  let acme: Organization
  let globex: Organization
  beforeAll(async () => {
    using tools = openToolFolder()
    const digest = tools.run(`openssl rsa -noout -modulus -in ${debianWeak.pathname} -out modulus`)
    const sha1 = tools.run('openssl dgst -sha1 -r modulus').slice(0, 40)
    writeFileSync(
      join(folder, 'blacklist.RSA-2048'),
      `# Debian\n${'0'.repeat(20)}\n${sha1.slice(20)}\n${digest}`,
    )
    harness = await createCertificateHarness(store.database, { weakKeyFolder: folder })
    acme = await harness.addOrganization('acme')
    globex = await harness.addOrganization('globex')
  })
  const submitNew = async (organization: Organization, csr: string) =>
    harness.submit(organization, (await harness.createDraft(organization)).id, csr)

  test('is rejected if it shares a prime with another key, which only the operator is told', async () => {
    const [p, q, r] = [makePrime(1024), makePrime(1024), makePrime(1024)]
    const first = await submitNew(acme, requestFor(toRsaKeyFile(p, q)))
    expect(first.status).toBe('issued')
    const draft = await harness.createDraft(globex)
    const failed = await harness
      .submit(globex, draft.id, requestFor(toRsaKeyFile(q, r)))
      .catch((error) => error)
    expect(failed.code).toBe('key_shared_factor')
    expect(failed.message).not.toMatch(/acme|globex/)
    expect(harness.sharing).toEqual([first.request?.publicKeySha256])
    expect((await harness.get(globex, draft.id)).request).toBeNull()
  })

  test('is rejected if a certificate has it, with the same message for every owner of that certificate', async () => {
    const csr = makeCsr()
    await submitNew(acme, csr)
    const places: [Organization, string][] = [
      [acme, 'production'],
      [acme, 'staging'],
      [acme, 'careful'],
      [globex, 'production'],
      [globex, 'staging'],
    ]
    const messages = new Set<string>()
    for (const [organization, environment] of places) {
      const draft = await harness.createDraft(organization, environment)
      const failed = await harness.submit(organization, draft.id, csr).catch((error) => error)
      expect(failed.code).toBe('key_already_used')
      messages.add(failed.message)
    }
    expect(messages.size).toBe(1)
    expect([...messages][0]).toMatch(/make a new key/)
  })

  test('is rejected for the replacement too: a renewal needs a new key', async () => {
    const csr = makeCsr()
    const { id } = await submitNew(acme, csr)
    const rotated = await harness.call('rotateCertificate', {
      organization: acme,
      params: { certificateId: id },
    })
    await expect(harness.submit(acme, rotated.id, csr)).rejects.toMatchObject({ code: 'key_already_used' })
  })

  test('is rejected after its certificate has expired', async () => {
    const csr = makeCsr()
    await submitNew(acme, csr)
    harness.clock.advance(pastValidity)
    await expect(submitNew(acme, csr)).rejects.toMatchObject({ code: 'key_already_used' })
  })

  test('is accepted again after its own request was cancelled', async () => {
    const csr = requestFor(toRsaKeyFile(makePrime(1024), makePrime(1024)))
    const rejected = await harness.createDraft(acme, 'careful')
    await harness.submit(acme, rejected.id, csr)
    await harness.call('decideApproval', {
      params: { approvalId: toApprovalId(rejected.id) },
      body: { decision: 'reject', reason: 'not now' },
    })
    expect((await submitNew(acme, csr)).status).toBe('issued')
  })

  test('is rejected if it is on a list of keys from a faulty generator', async () => {
    const draft = await harness.createDraft(acme)
    await expect(harness.submit(acme, draft.id, requestFor(debianWeak))).rejects.toMatchObject({
      code: 'key_published',
      message: expect.stringContaining('faulty random number generator'),
    })
    expect((await harness.get(acme, draft.id)).status).toBe('draft')
  })
})

describeOnBothEngines('an environment whose replacement certificates may keep the key', (store) => {
  let harness: CertificateHarness
  let acme: Organization
  beforeAll(async () => {
    harness = await createCertificateHarness(store.database, { sameKeyRenewal: true })
    acme = await harness.addOrganization('acme')
  })
  const succeed = async (certificateId: string) =>
    (await harness.call('rotateCertificate', { organization: acme, params: { certificateId } })).id
  const issue = async (csr: string) => harness.submit(acme, (await harness.createDraft(acme)).id, csr)
  const revoke = ({ id, name }: { id: string; name: string }, reason: 'key_compromise' | 'superseded') =>
    harness.call('revokeCertificate', {
      organization: acme,
      params: { certificateId: id },
      body: { reason, name },
    })

  test('accepts the key only for the replacement of the latest certificate of that key', async () => {
    const csr = makeCsr()
    const first = await issue(csr)
    await expect(issue(csr)).rejects.toMatchObject({ code: 'key_already_used' })
    const globex = await harness.addOrganization('globex')
    const strange = await harness.createDraft(globex)
    await expect(harness.submit(globex, strange.id, csr)).rejects.toMatchObject({ code: 'key_already_used' })
    const unrelated = await succeed((await issue(makeCsr())).id)
    await expect(harness.submit(acme, unrelated, csr)).rejects.toMatchObject({ code: 'key_already_used' })
    const second = await harness.submit(acme, await succeed(first.id), csr)
    expect(second.status).toBe('issued')
    expect(second.request?.publicKeySha256).toBe(first.request?.publicKeySha256)
    const third = await harness.submit(acme, await succeed(second.id), csr)
    expect(third.status).toBe('issued')
    const elsewhere = await harness.createDraft(acme, 'careful')
    await expect(harness.submit(acme, elsewhere.id, csr)).rejects.toMatchObject({ code: 'key_already_used' })
  })

  test('revokes all certificates of a compromised key, and never accepts it again', async () => {
    const csr = makeCsr()
    const first = await issue(csr)
    const second = await harness.submit(acme, await succeed(first.id), csr)
    await revoke(first, 'key_compromise')
    const { status, revocation } = await harness.get(acme, second.id)
    expect([status, revocation?.reason]).toEqual(['revoked', 'key_compromise'])
    const third = await succeed(second.id)
    await expect(harness.submit(acme, third, csr)).rejects.toMatchObject({ code: 'key_revoked' })
  })

  test('revokes all certificates of compromised keys in bulk, also after an interrupted call', async () => {
    const csr = makeCsr()
    const first = await issue(csr)
    const second = await harness.submit(acme, await succeed(first.id), csr)
    const serialNumbers = [first.issued?.serialNumber]
    const count = (reason: string) =>
      harness.call('createBulkRevocation', { body: { serialNumbers, reason, dryRun: true } })
    const stateOfSecond = async () => (await harness.get(acme, second.id)).status
    expect(await count('superseded')).toMatchObject({ matching: 1 })
    expect(await count('key_compromise')).toMatchObject({ matching: 2 })
    await revoke(first, 'superseded')
    expect(await stateOfSecond()).toBe('issued')
    await harness.call('createBulkRevocation', {
      body: { serialNumbers, reason: 'key_compromise', expectedCount: 1 },
    })
    await harness.core.runDueJobs()
    expect(await stateOfSecond()).toBe('revoked')
    expect(await count('key_compromise')).toMatchObject({ matching: 0 })
  })

  test('revokes one certificate for another reason, and issues no further one for its key', async () => {
    const csr = makeCsr()
    const first = await issue(csr)
    const second = await harness.submit(acme, await succeed(first.id), csr)
    await revoke(first, 'superseded')
    expect((await harness.get(acme, second.id)).status).toBe('issued')
    const third = await succeed(second.id)
    await expect(harness.submit(acme, third, csr)).rejects.toMatchObject({ code: 'key_revoked' })
  })
})
