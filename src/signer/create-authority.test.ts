import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { createTestClock } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { type SignerHarness, testSigner } from '../../test/support/signer-contract.ts'
import { openToolFolder } from '../../test/support/tool-folder.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { formatName } from '../pki/name/name.ts'
import { toPem } from '../pki/text/pem.ts'
import { type MasterKey, toMasterKey } from '../shapes/master-key.ts'
import { ensureAuthority } from './create-authority.ts'
import { openSigner } from './open-signer.ts'

const run = promisify(execFile)

describeOnBothEngines('the certificate authority', (store) => {
  const authorityKey = toMasterKey(randomBytes(32))
  const publicationUrl = 'http://localhost:8080'
  const names = ['production', 'staging']
  const ensure = (environments = names, key: MasterKey = authorityKey) =>
    ensureAuthority({
      database: store.database,
      authorityKey: key,
      clock: createTestClock(),
      publicationUrl,
      environments: environments.map((name) => ({ name })),
    })
  const readIssuers = () =>
    store.database.queries.selectFrom('issuers').selectAll().orderBy('created_at').execute()

  /** What those have made who started at once. */
  let made: Awaited<ReturnType<typeof readIssuers>>
  beforeAll(async () => {
    const script = new URL('../../test/support/authority-maker.ts', import.meta.url).pathname
    const key = Buffer.from(authorityKey.first).toString('hex')
    const start = () => run(process.execPath, [script, JSON.stringify(store.location), key, names.join(',')])
    await Promise.all([start(), start(), start()])
    await ensure()
    made = await readIssuers()
  })

  test('has one root and one issuer per environment, however many processes start concurrently', () => {
    expect(made.map(({ kind, environment }) => `${kind} ${environment}`).sort()).toEqual([
      'issuing production',
      'issuing staging',
      'root null',
    ])
  })

  test('has a chain that openssl verifies strictly, with path length 0, only for clients and its own responders', async () => {
    const issuers = await readIssuers()
    using folder = openToolFolder()
    for (const { certificate_der: der, environment } of issuers)
      folder.write(`${environment ?? 'root'}.pem`, toPem('CERTIFICATE', new Uint8Array(der)))
    for (const name of names) {
      expect(folder.run(`openssl verify -x509_strict -CAfile root.pem ${name}.pem`)).toContain('OK')
      const issuer = issuers.find(({ environment }) => environment === name)
      expect(parseCertificate(new Uint8Array(issuer?.certificate_der ?? []))).toMatchObject({
        basicConstraints: { ca: true, pathLength: 0 },
        extendedKeyUsage: ['clientAuth', 'ocspSigning'],
      })
    }
    expect(folder.run('openssl x509 -in root.pem -noout -text')).toContain('secp384r1')
  })

  test('writes audit and change rows for each issuer', async () => {
    const ids = (await readIssuers()).map(({ id }) => id).sort()
    const { queries } = store.database
    const changes = await queries
      .selectFrom('changes')
      .select('subject_id')
      .where('kind', '=', 'issuer')
      .execute()
    const audit = await queries
      .selectFrom('audit')
      .select('subject_id')
      .where('action', '=', 'issuer.created')
      .execute()
    expect(changes.map((row) => row.subject_id).sort()).toEqual(ids)
    expect(audit.map((row) => row.subject_id).sort()).toEqual(ids)
  })

  test('stores no key in plaintext', async () => {
    const rows = await store.database.queries.selectFrom('issuer_keys').selectAll().execute()
    expect(rows).toHaveLength((await readIssuers()).length)
    // Every PKCS#8 of an EC key names id-ecPublicKey.
    const oid = Buffer.from('06072a8648ce3d0201', 'hex')
    for (const row of rows) expect(Buffer.from(row.sealed_key ?? []).includes(oid)).toBe(false)
  })

  test('reports a wrong master key, and changes nothing', async () => {
    const before = await readIssuers()
    await expect(ensure([...names, 'sandbox'], toMasterKey(randomBytes(32)))).rejects.toMatchObject({
      code: 'master_key_wrong',
    })
    expect(await readIssuers()).toEqual(before)
  })

  describe('signs as a signer', () => {
    let harness: SignerHarness
    beforeAll(async () => {
      const issuing = (await readIssuers()).filter(({ kind }) => kind === 'issuing')
      const issuers = issuing.map(({ id, certificate_der: certificateDer }) => ({ id, certificateDer }))
      harness = { signer: openSigner(store.database, authorityKey), authorityKey, issuers }
    })
    testSigner(() => harness)
  })

  test('gets an issuer under the same root when an environment is added', async () => {
    const before = await readIssuers()
    await ensure([...names, 'sandbox'])
    const added = (await readIssuers()).filter(({ id }) => !before.some((issuer) => issuer.id === id))
    expect(added.map(({ environment }) => environment)).toEqual(['sandbox'])
    const root = before.find(({ kind }) => kind === 'root')
    const parsed = parseCertificate(new Uint8Array(added[0]?.certificate_der ?? []))
    expect(formatName(parsed.issuer)).toBe(
      formatName(parseCertificate(new Uint8Array(root?.certificate_der ?? [])).subject),
    )
  })
})
