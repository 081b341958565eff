import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { unzipSync } from 'fflate'
import { beforeAll, expect, test } from 'vitest'
import { type CertificateHarness, createCertificateHarness } from '../../test/support/certificate-harness.ts'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { openToolFolder } from '../../test/support/tool-folder.ts'
import type { CertificateView, DownloadForm } from '../contract/certificate.ts'
import { toPem } from '../pki/text/pem.ts'
import type { Organization } from '../shapes/organization.ts'
import type { CertificateFile } from './download-certificate.ts'

const names = [
  'Łódź Płatności S.A.',
  "O'Neil & Co / Ltd",
  '"Quoted" GmbH',
  '100% $HOME',
  '日本株式会社',
  'x'.repeat(64),
]

describeOnBothEngines('a download', (store) => {
  let harness: CertificateHarness
  let acme: Organization
  let issued: CertificateView
  beforeAll(async () => {
    harness = await createCertificateHarness(store.database)
    acme = await harness.addOrganization('acme')
    issued = await harness.issueOne(acme)
  })

  const download = async (
    form: DownloadForm,
    { id } = issued,
    organization = acme,
  ): Promise<CertificateFile> =>
    (await harness.call('downloadCertificate', {
      organization,
      params: { certificateId: id, form },
    })) as unknown as CertificateFile

  test('passes openssl’s strict verification until the certificate is revoked, and not after', async () => {
    const { id, name } = await harness.issueOne(acme)
    using folder = openToolFolder()
    const write = async () => {
      for (const form of ['pem', 'chain', 'ca_bundle'] as const)
        folder.write(`${form}.pem`, (await download(form, { ...issued, id })).bytes)
      const issuers = await store.database.queries.selectFrom('issuers').select('id').execute()
      const lists = await Promise.all(
        issuers.map((issuer) => harness.crls.findDer({ issuerId: issuer.id, partition: null })),
      )
      const crls = lists.filter((list) => list !== undefined)
      folder.write('crl.pem', crls.map((list) => toPem('X509 CRL', list)).join(''))
    }
    const verify = () =>
      folder.run(
        'openssl verify -x509_strict -purpose sslclient -crl_check -CAfile ca_bundle.pem -untrusted chain.pem -CRLfile crl.pem pem.pem',
      )
    // Revoking another certificate publishes the first CRL.
    await harness.revoke(acme, await harness.issueOne(acme))
    await write()
    expect(verify()).toContain('pem.pem: OK')
    await harness.revoke(acme, { ...issued, id, name })
    await write()
    expect(verify).toThrow('certificate revoked')
  })

  test('contains the certificate in every format, readable by openssl', async () => {
    using folder = openToolFolder()
    const count = async (form: DownloadForm) =>
      Buffer.from((await download(form)).bytes)
        .toString()
        .split('BEGIN CERTIFICATE').length - 1
    expect(await Promise.all((['pem', 'chain', 'fullchain', 'ca_bundle'] as const).map(count))).toEqual([
      1, 1, 2, 2,
    ])
    folder.write('a.der', (await download('der')).bytes)
    folder.write('a.p7b', (await download('p7b')).bytes)
    expect(folder.run('openssl x509 -inform DER -in a.der -noout -subject -nameopt RFC2253')).toContain(
      `CN=${issued.name}`,
    )
    const printed = folder.run('openssl pkcs7 -inform DER -in a.p7b -print_certs -noout')
    expect(printed.match(/subject=/g)).toHaveLength(3)
    expect(Buffer.from((await download('server_ca')).bytes)).toEqual(readFileSync(harness.serverCaFile))
  })

  test('stands beside the CA of the gateway, as a file and without a path of the server', async () => {
    const { items } = await harness.call('listEnvironments', { organization: acme })
    const pem = readFileSync(harness.serverCaFile, 'utf8')
    for (const { serverCa } of items) expect(serverCa).toEqual({ fileName: 'server-ca.pem', pem })
    expect(JSON.stringify(items)).not.toContain(dirname(harness.serverCaFile))
    const readme = unzipSync(new Uint8Array((await download('package')).bytes))['README.txt']
    expect(Buffer.from(readme ?? []).toString()).toContain('--cacert server-ca.pem')
  })

  test('as a package contains every file and a README that names them, and no key', async () => {
    const file = await download('package')
    expect(file).toMatchObject({ fileName: `${issued.name}.zip`, mediaType: 'application/zip' })
    const entries = unzipSync(new Uint8Array(file.bytes))
    const { name } = issued
    const expected = ['.der', '.p7b', '.pem', '-ca-bundle.pem', '-chain.pem', '-fullchain.pem']
    expect(Object.keys(entries).sort()).toEqual(
      ['README.txt', 'server-ca.pem', ...expected.map((ending) => name + ending)].sort(),
    )
    const readme = Buffer.from(entries['README.txt'] ?? []).toString()
    for (const entry of Object.keys(entries).filter((each) => each !== 'README.txt'))
      expect(readme).toContain(entry)
    expect(Buffer.concat(Object.values(entries)).toString()).not.toContain('PRIVATE KEY')
    expect((await download('package')).bytes).toEqual(file.bytes)
  })

  test('carries names in every script unchanged', async () => {
    for (const [index, organizationName] of names.entries()) {
      const organization = await harness.addOrganization(`script-${index}`, organizationName)
      const made = await harness.issueOne(organization)
      const der = Buffer.from((await download('der', made, organization)).bytes)
      const [line] = new X509Certificate(der).subject.split('\n').filter((each) => each.startsWith('O='))
      using folder = openToolFolder()
      folder.write('a.der', der)
      const printed = folder.run(
        'openssl x509 -inform DER -in a.der -noout -subject -nameopt multiline,utf8,-esc_msb',
      )
      expect(printed, line).toContain(`organizationName          = ${organizationName}`)
    }
  })

  test('is rejected with an explanation if the certificate has not been issued', async () => {
    const draft = await harness.createDraft(acme)
    for (const form of ['pem', 'package', 'server_ca'] as const)
      await expect(download(form, draft)).rejects.toMatchObject({ code: 'certificate_not_issued' })
  })

  test('explains why a name that is too long cannot appear in a certificate', async () => {
    const subject = { organizationName: 'x'.repeat(200), country: 'PL', state: '' }
    await expect(harness.createDraft(acme, 'production', { subject })).rejects.toMatchObject({
      code: 'subject_invalid',
      message: expect.stringContaining('200 characters'),
    })
  })
})
