import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cacheRevocationLists } from '../../src/authority/cache-revocation-lists.ts'
import { revocationRoutes } from '../../src/authority/revocation-routes.ts'
import { createRevocationServer } from '../../src/http/revocation-endpoints.ts'
import { toPem } from '../../src/pki/text/pem.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { createCertificateHarness } from '../support/certificate-harness.ts'
import { openListener } from '../support/open-listener.ts'
import { findFreePort } from '../support/postgres.ts'
import { openToolFolder } from '../support/tool-folder.ts'

const run = promisify(execFile)
const folder = openToolFolder()
const ends: (() => unknown)[] = []
afterAll(async () => {
  for (const end of ends) await end()
  folder[Symbol.dispose]()
})

/** Returns the output of a program on both streams, whether it succeeds or not. */
async function ask(command: string): Promise<string> {
  const [program = '', ...args] = command.split(' ')
  const said = await run(program, args, { cwd: folder.path }).catch((error) => error)
  return `${said.stdout}${said.stderr}`
}

/** `good.pem` and `bad.pem`, which is revoked, name the first partition; `other.pem` names the second. */
beforeAll(async () => {
  const port = await findFreePort()
  const database = await openDatabase({ engine: 'sqlite', path: ':memory:' })
  await migrate(database)
  const publicationUrl = `http://127.0.0.1:${port}`
  const harness = await createCertificateHarness(database, { partitionSize: 2, publicationUrl })
  await harness.publisher.publishDue()
  const acme = await harness.addOrganization('acme')
  for (const name of ['good', 'bad', 'other']) {
    const certificate = await harness.issueOne(acme)
    folder.write(`${name}.pem`, certificate.issued?.pem ?? '')
    if (name === 'bad') await harness.revoke(acme, certificate)
  }
  const { issuers } = harness.issue
  const [issuing, root] = await issuers.listChain((await issuers.getSigning('production')).id)
  if (issuing === undefined || root === undefined) throw new Error('no chain')
  const pems = [issuing, root].map(({ certificateDer }) => toPem('CERTIFICATE', certificateDer))
  folder.write('issuing.pem', pems[0] ?? '')
  folder.write('root.pem', pems[1] ?? '')
  folder.write('chain.pem', pems.join(''))
  for (const [name, issuer, partition] of [
    ['partition', issuing, 1],
    ['full', issuing, null],
    ['root', root, null],
  ] as const) {
    const der = (await harness.crls.findDer({ issuerId: issuer.id, partition })) ?? new Uint8Array()
    folder.write(`${name}.crl`, der)
    folder.write(`${name}.crl.pem`, toPem('X509 CRL', der))
  }
  const server = createRevocationServer(
    revocationRoutes(cacheRevocationLists({ issuers, lists: harness.crls, clock: harness.clock })),
    openListener,
  )
  await server.listen({ host: '127.0.0.1', port })
  ends.push(
    () => server.close(),
    () => database.close(),
  )
})

const verify =
  'openssl verify -x509_strict -purpose sslclient -crl_check -CAfile root.pem -untrusted issuing.pem'

test.each(['', ' -extended_crl'])('OpenSSL uses only the partitioned CRL%s', async (option) => {
  const judge = (name: string) => ask(`${verify}${option} -CRLfile partition.crl.pem ${name}.pem`)
  expect(await judge('good')).toBe('good.pem: OK\n')
  expect(await judge('bad')).toContain('certificate revoked')
  expect(await judge('other')).toContain('different CRL scope')
})

test('OpenSSL fetches the partitioned CRL from the URL in the certificate', async () => {
  const judge = (name: string) => ask(`${verify} -crl_download ${name}.pem`)
  expect(await judge('good')).toContain('good.pem: OK')
  expect(await judge('bad')).toContain('certificate revoked')
  expect(await judge('other')).toContain('other.pem: OK')
})

test('Java fetches the partitioned CRL from the URL in the certificate', async () => {
  const program = join(import.meta.dirname, 'CheckByCrl.java')
  const said = await ask(`java ${program} issuing.pem good.pem bad.pem other.pem`)
  expect(said).toContain('good.pem: valid')
  expect(said).toMatch(/bad\.pem: REVOKED .*SUPERSEDED/)
  expect(said).toContain('other.pem: valid')
})

test('GnuTLS checks revocation by the partitioned CRL', async () => {
  const judge = (name: string) =>
    ask(`certtool --verify --load-ca-certificate chain.pem --load-crl partition.crl.pem --infile ${name}.pem`)
  expect(await judge('good')).toContain('Verified. The certificate is trusted')
  expect(await judge('bad')).toContain('The certificate chain is revoked')
  expect(await ask('certtool --crl-info --inder --infile partition.crl')).toContain(
    'Unknown extension 2.5.29.28 (critical)',
  )
})

test('strongSwan checks revocation by the partitioned CRL', async () => {
  const lists = '--crl partition.crl --crl root.crl'
  const judge = (name: string) =>
    ask(`pki --verify --in ${name}.pem --cacert root.pem --cacert issuing.pem ${lists}`)
  expect(await judge('good')).toContain('certificate trusted, lifetimes valid, certificate not revoked')
  expect(await judge('bad')).toMatch(/certificate was revoked on .*, reason: superseded/)
})

test('NSS does not support partitioned CRLs: it rejects one and accepts the full CRL', async () => {
  await ask('mkdir nss')
  await ask('certutil -N -d sql:nss --empty-password')
  await ask('certutil -A -d sql:nss -n root -t CT,, -a -i root.pem')
  await ask('certutil -A -d sql:nss -n issuing -t ,, -a -i issuing.pem')
  await ask('certutil -A -d sql:nss -n bad -t ,, -a -i bad.pem')
  expect(await ask('crlutil -I -d sql:nss -i partition.crl')).toContain('UNKNOWN_CRITICAL_EXTENSION')
  expect(await ask('certutil -V -d sql:nss -n bad -u C -e')).toContain('certificate is valid')
  expect(await ask('crlutil -I -d sql:nss -i full.crl')).not.toContain('unable')
  expect(await ask('certutil -V -d sql:nss -n bad -u C -e')).toContain('has been revoked')
})
