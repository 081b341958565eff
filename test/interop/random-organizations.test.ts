import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CertificateView } from '../../src/contract/certificate.ts'
import { hasHiddenCharacters } from '../../src/contract/hidden-characters.ts'
import { toPem } from '../../src/pki/text/pem.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { type OcspHarness, openOcspHarness } from '../support/ocsp-harness.ts'
import { x509 } from '../support/peculiar-x509.ts'
import { openToolFolder } from '../support/tool-folder.ts'

const fitsCertificate = (name: string) => {
  const text = name.normalize('NFC').trim()
  return text !== '' && [...text].length <= 64 && !hasHiddenCharacters(text)
}
const letters = fc.constantFrom(...'\'’"`´,;+=#<>\\/&%$! .-()ÄłżñßçΩдשع中한🏭𝔘')
const randomName = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    fc.string({ unit: letters, minLength: 1, maxLength: 64 }),
  )
  .filter(fitsCertificate)
/** The limits of RFC 5280, counted in characters, of up to four octets each. */
const bounds = ['X', "'", '#', '\\', 'x'.repeat(64), 'ß'.repeat(64), '🏭'.repeat(64), "'".repeat(64)]

const keys = ['EC -pkeyopt ec_paramgen_curve:P-256', 'EC -pkeyopt ec_paramgen_curve:P-384', 'RSA', 'ED25519']

let harness: OcspHarness
let close: () => Promise<void>
const issued: { name: string; file: string; key: string; isRevoked: boolean; view: CertificateView }[] = []

beforeAll(async () => {
  const store = openToolFolder()
  const database = await openDatabase({ engine: 'sqlite', path: join(store.path, 'postern.db') })
  await migrate(database)
  harness = await openOcspHarness(database)
  close = async () => {
    await harness.close()
    await database.close()
    store[Symbol.dispose]()
  }
  for (const [index, name] of [...bounds, ...fc.sample(randomName, 16)].entries())
    await issue(name, index, keys[index % keys.length] as string)
  await writeLists()
}, 120_000)
afterAll(() => close?.())

async function issue(name: string, index: number, key: string): Promise<void> {
  const { folder } = harness
  const organization = await harness.addOrganization(`org-${index}`, name)
  folder.run(`openssl genpkey -algorithm ${key} -out ${index}.key`)
  folder.run(`openssl req -new -key ${index}.key -subj /CN=x -out ${index}.csr`)
  const draft = await harness.createDraft(organization)
  const csr = new TextDecoder().decode(folder.read(`${index}.csr`))
  const view = await harness.submit(organization, draft.id, csr)
  const isRevoked = index % 3 === 1
  if (isRevoked) await harness.revoke(organization, view)
  folder.write(`${index}.pem`, view.issued?.pem ?? '')
  issued.push({ name: name.normalize('NFC').trim(), file: `${index}.pem`, key, isRevoked, view })
}

/** Writes the CRLs of both issuers in PEM, concatenated. */
async function writeLists(): Promise<void> {
  const { folder, issuers, issuer } = harness
  const lists: string[] = []
  for (const { id } of await issuers.listChain(issuer.id)) {
    await harness.publish(id)
    lists.push(
      toPem('X509 CRL', (await harness.crls.findDer({ issuerId: id, partition: null })) ?? new Uint8Array()),
    )
  }
  folder.write('lists.pem', lists.join(''))
  folder.write('list.pem', lists[0] ?? '')
  folder.run('openssl crl -in list.pem -outform DER -out list.crl')
  folder.write('all.pem', issued.map(({ view }) => view.issued?.pem).join(''))
}

const files = () => issued.map(({ file }) => file).join(' ')
const tell = (work: () => string): string => {
  try {
    return work()
  } catch (error) {
    return (error as Error).message
  }
}

test('OpenSSL and @peculiar/x509 read the name of its organization in each certificate', () => {
  expect(issued).toHaveLength(24)
  for (const { name, view } of issued) {
    const certificate = new x509.X509Certificate(view.issued?.pem ?? '')
    expect(certificate.subjectName.getField('O')).toEqual([name])
    const { subject } = new X509Certificate(view.issued?.pem ?? '')
    const [, escaped = ''] = /^O=(.*)$/m.exec(subject) ?? []
    expect(escaped.replaceAll(/\\(.)/g, '$1')).toBe(name)
  }
})

test('OpenSSL verifies all certificates strictly, and detects the revoked ones by the CRLs', () => {
  const { folder } = harness
  const verify = 'openssl verify -x509_strict -purpose sslclient -CAfile root.pem -untrusted issuer.pem'
  const said = folder.run(`${verify} ${files()}`)
  for (const { file } of issued) expect(said).toContain(`${file}: OK`)
  const checked = tell(() => folder.run(`${verify} -crl_check_all -CRLfile lists.pem ${files()}`))
  for (const { file, isRevoked } of issued)
    expect(checked).toMatch(isRevoked ? `error ${file}: verification failed` : `${file}: OK`)
})

test('GnuTLS and strongSwan verify each certificate', () => {
  const { folder } = harness
  for (const { file, isRevoked } of issued) {
    const list = `certtool --verify --load-ca-certificate trust.pem --load-crl list.pem --infile ${file}`
    expect(tell(() => folder.run(list))).toContain(
      isRevoked ? 'revoked' : 'Chain verification output: Verified',
    )
    const trusted = `pki --verify --in ${file} --cacert root.pem --cacert issuer.pem`
    expect(tell(() => folder.run(trusted))).toContain('certificate trusted')
  }
})

test('NSS verifies each certificate, and detects the revoked ones by the CRL', () => {
  const { folder } = harness
  // NSS of Debian 12 rejects certificates with an Ed25519 key.
  const known = issued.filter(({ key }) => key !== 'ED25519')
  folder.run('mkdir nss')
  folder.run('certutil -N -d sql:nss --empty-password')
  folder.run('certutil -A -d sql:nss -n root -t CT,, -a -i root.pem')
  folder.run('certutil -A -d sql:nss -n issuer -t ,, -a -i issuer.pem')
  folder.run('crlutil -I -d sql:nss -i list.crl')
  for (const { file, isRevoked } of known) {
    folder.run(`certutil -A -d sql:nss -n ${file} -t ,, -a -i ${file}`)
    expect(tell(() => folder.run(`certutil -V -d sql:nss -n ${file} -u C -e`))).toContain(
      isRevoked ? "Peer's Certificate has been revoked" : 'certificate is valid',
    )
  }
})

test('Java reads each certificate', () => {
  const said = harness.folder.run('keytool -printcert -file all.pem').toLowerCase()
  for (const { view } of issued) expect(said).toContain(`serial number: ${view.issued?.serialNumber}`)
})

test('OpenSSL and GnuTLS get the right status of each certificate by OCSP', async () => {
  const asked = issued.map(({ file }) => `-cert ${file}`).join(' ')
  const said = await harness.ask(
    `openssl ocsp -issuer issuer.pem ${asked} -url ${harness.url} -CAfile trust.pem`,
  )
  expect(said).toContain('Response verify OK')
  for (const { file, isRevoked } of issued)
    expect(said).toContain(`${file}: ${isRevoked ? 'revoked' : 'good'}`)
  for (const { file, isRevoked } of issued) {
    const gnutls = await harness.ask(
      `ocsptool --ask=${harness.url} --load-issuer issuer.pem --load-cert ${file} --load-trust trust.pem`,
    )
    expect(gnutls).toContain('Verifying OCSP Response: Success')
    expect(gnutls).toContain(`Certificate Status: ${isRevoked ? 'revoked' : 'good'}`)
  }
})
