import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CertificateView } from '../../src/contract/certificate.ts'
import { toPem } from '../../src/pki/text/pem.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { type CertificateHarness, createCertificateHarness } from '../support/certificate-harness.ts'
import { openToolFolder, type ToolFolder } from '../support/tool-folder.ts'

const names = [
  'Łódź Płatności S.A.',
  "O'Neil & Co / Ltd",
  '"Quoted" GmbH',
  '100% $HOME',
  '日本株式会社',
  'Acme, Inc.; +plus <less> #hash \\back=slash',
  'Ünïcödé 🙂 Zahlungen',
]
const keys = [
  ['P-256', '-algorithm EC -pkeyopt ec_paramgen_curve:P-256'],
  ['P-384', '-algorithm EC -pkeyopt ec_paramgen_curve:P-384'],
  ['RSA 2048', '-algorithm RSA -pkeyopt rsa_keygen_bits:2048'],
  ['RSA 3072', '-algorithm RSA -pkeyopt rsa_keygen_bits:3072'],
  ['Ed25519', '-algorithm ED25519'],
] as const

let folder: ToolFolder
let harness: CertificateHarness
let close: () => Promise<void>
const issued: { label: string; file: string; view: CertificateView }[] = []

beforeAll(async () => {
  folder = openToolFolder()
  const database = await openDatabase({ engine: 'sqlite', path: join(folder.path, 'postern.db') })
  close = () => database.close()
  await migrate(database)
  harness = await createCertificateHarness(database)
  for (const [index, legalName] of names.entries()) {
    const [keyName, options] = keys[index % keys.length] as (typeof keys)[number]
    const organization = await harness.addOrganization(`org-${index}`, legalName)
    folder.run(`openssl genpkey ${options} -out ${index}.key`)
    folder.run(`openssl req -new -key ${index}.key -subj /CN=x -out ${index}.csr`)
    const draft = await harness.createDraft(organization)
    const csr = readFileSync(join(folder.path, `${index}.csr`), 'utf8')
    const view = await harness.submit(organization, draft.id, csr)
    if (index % 2 === 1) await harness.revoke(organization, view)
    folder.write(`${index}.pem`, view.issued?.pem ?? '')
    issued.push({ label: `${legalName} (${keyName})`, file: `${index}.pem`, view })
  }
  await writeAuthority()
}, 120_000)
afterAll(async () => {
  await close?.()
  folder?.[Symbol.dispose]()
})

/** Writes the chain and the CRLs of root and issuing CA, as every program here reads them. */
async function writeAuthority(): Promise<void> {
  const { issuers } = harness.issue
  const signing = await issuers.getSigning('production')
  const [issuing, root] = await issuers.listChain(signing.id)
  for (const [name, issuer] of Object.entries({ issuing, root })) {
    if (issuer === undefined) throw new Error('no chain')
    folder.write(`${name}.pem`, toPem('CERTIFICATE', issuer.certificateDer))
    await harness.publish(issuer.id)
    const list = await harness.crls.findDer({ issuerId: issuer.id, partition: null })
    folder.write(`${name}.crl`, list ?? '')
    folder.run(`openssl crl -inform DER -in ${name}.crl -out ${name}.crl.pem`)
  }
  folder.run('sh -c', 'cat issuing.pem root.pem > chain.pem; cat issuing.crl.pem root.crl.pem > crls.pem')
}

const isRevoked = (index: number) => index % 2 === 1
const tell = (work: () => string): string => {
  try {
    return work()
  } catch (error) {
    return (error as Error).message
  }
}

describe.each(names.map((_, index) => index))('certificate %i', (index) => {
  test('is verified strictly by OpenSSL, and found revoked', () => {
    const { file } = issued[index] as (typeof issued)[number]
    const verify =
      'openssl verify -x509_strict -check_ss_sig -purpose sslclient -CAfile root.pem -untrusted issuing.pem'
    expect(folder.run(`${verify} ${file}`)).toContain('OK')
    const said = tell(() => folder.run(`${verify} -crl_check_all -CRLfile crls.pem ${file}`))
    expect(said).toContain(isRevoked(index) ? 'certificate revoked' : 'OK')
  })

  test('is verified by GnuTLS, and found revoked', () => {
    const { file } = issued[index] as (typeof issued)[number]
    const verify = `certtool --verify --load-ca-certificate chain.pem --load-crl issuing.crl.pem --infile ${file}`
    const said = tell(() => folder.run(verify))
    expect(said).toContain(isRevoked(index) ? 'revoked' : 'Chain verification output: Verified')
  })

  test('is verified by NSS for TLS clients, and found revoked', () => {
    const { file, view } = issued[index] as (typeof issued)[number]
    // NSS of Debian 12 does not support Ed25519 and rejects certificates with such a key.
    if (view.request?.keyAlgorithm === 'Ed25519') return
    folder.run('sh -c', `rm -rf nss && mkdir nss && certutil -N -d sql:nss --empty-password`)
    folder.run('certutil -A -d sql:nss -n root -t CT,, -a -i root.pem')
    folder.run('certutil -A -d sql:nss -n issuing -t ,, -a -i issuing.pem')
    folder.run(`certutil -A -d sql:nss -n leaf -t ,, -a -i ${file}`)
    expect(folder.run('certutil -V -d sql:nss -n leaf -u C -e')).toContain('certificate is valid')
    folder.run('crlutil -I -d sql:nss -i issuing.crl')
    const said = tell(() => folder.run('certutil -V -d sql:nss -n leaf -u C -e'))
    expect(said).toContain(isRevoked(index) ? "Peer's Certificate has been revoked" : 'certificate is valid')
  })

  test('is read by Java as a certificate for TLS clients', () => {
    const { file, view } = issued[index] as (typeof issued)[number]
    const said = folder.run(`keytool -printcert -file ${file}`)
    expect(said).toContain('ExtendedKeyUsages [\n  clientAuth')
    expect(said.toLowerCase()).toContain(view.issued?.serialNumber)
  })

  test('is verified by strongSwan against the chain', () => {
    const { file } = issued[index] as (typeof issued)[number]
    const said = tell(() => folder.run(`pki --verify --in ${file} --cacert root.pem --cacert issuing.pem`))
    expect(said).toContain('certificate trusted')
  })
})

test('every program tests every kind of key and every name', () => {
  expect(issued).toHaveLength(names.length)
  const known = new Set(issued.map(({ view }) => view.request?.keyAlgorithm))
  expect(known.size).toBe(keys.length)
  expect(execFileSync('pki', ['--verify', '--help'], { encoding: 'utf8', stdio: 'pipe' })).toContain(
    'strongSwan',
  )
})
