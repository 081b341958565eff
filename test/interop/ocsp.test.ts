import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDatabase } from '../../src/storage/database.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { type OcspHarness, openOcspHarness } from '../support/ocsp-harness.ts'
import { openToolFolder } from '../support/tool-folder.ts'

const goProgram = join(import.meta.dirname, 'verify_responder.go')
const gnutlsVerify = 'certtool --verify --verify-purpose 1.3.6.1.5.5.7.3.9 --load-ca-certificate root.pem'

let harness: OcspHarness
let close: () => Promise<void>

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
  const acme = await harness.addOrganization('acme')
  await harness.issueTo('good', acme)
  await harness.revoke(acme, await harness.issueTo('bad', acme))
})
afterAll(() => close())

test('Java validates a path by OCSP only, and detects a revoked certificate', async () => {
  const program = join(import.meta.dirname, 'CheckByOcsp.java')
  const said = await harness.ask(`java ${program} issuer.pem ${harness.url} good.pem bad.pem`)
  expect(said).toContain('good.pem: valid')
  expect(said).toContain('bad.pem: REVOKED')
  expect(said).toContain('SUPERSEDED')
})

test('NSS uses the OCSP URL in the certificate, and detects a revoked certificate', async () => {
  await harness.ask('mkdir nss')
  await harness.ask('certutil -N -d sql:nss --empty-password')
  await harness.ask('certutil -A -d sql:nss -n root -t CT,, -a -i root.pem')
  await harness.ask('certutil -A -d sql:nss -n issuing -t ,, -a -i issuer.pem')
  for (const name of ['good', 'bad']) {
    await harness.ask(`certutil -A -d sql:nss -n ${name} -t ,, -a -i ${name}.pem`)
    const said = await harness.ask(`ocspclnt -V ${name} -u c -d sql:nss`)
    expect(said).toContain(name === 'good' ? '"good" succeeded' : 'has been revoked')
  }
})

describe('the OCSP responder below its issuing CA is accepted', () => {
  /**
   * Queries OpenSSL for one certificate, with the response in `answer.der` and its responder in
   * `responder.pem`.
   */
  const fetchAnswer = async (name: string): Promise<string> => {
    const ocsp = 'openssl ocsp -issuer issuer.pem -no_nonce -CAfile root.pem -verify_other issuer.pem'
    const said = await harness.ask(
      `${ocsp} -cert ${name}.pem -url ${harness.url} -respout answer.der -resp_text`,
    )
    const [pem = ''] = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/.exec(said) ?? []
    harness.folder.write('responder.pem', pem)
    return said
  }

  test('by OpenSSL, along the whole chain and for the purpose', async () => {
    const said = await fetchAnswer('good')
    expect(said).toContain('good.pem: good')
    expect(said).toContain('Response verify OK')
    const verify = 'openssl verify -purpose ocsphelper -x509_strict -CAfile root.pem -untrusted issuer.pem'
    expect(await harness.ask(`${verify} responder.pem`)).toContain('responder.pem: OK')
  })

  test('by Go', async () => {
    await fetchAnswer('good')
    expect(await harness.ask(`go run ${goProgram} root.pem issuer.pem responder.pem`)).toBe('verified\n')
  })

  test('by GnuTLS, which verifies responses with the issuing CA only', async () => {
    for (const name of ['good', 'bad']) {
      await fetchAnswer(name)
      const said = await harness.ask(
        'ocsptool --verify-response --load-response answer.der --load-trust issuer.pem',
      )
      expect(said).toContain(`Certificate Status: ${name === 'good' ? 'good' : 'revoked'}`)
      expect(said).toContain('Verifying OCSP Response: Success')
    }
    harness.folder.write('chain.pem', readText('responder.pem') + readText('issuer.pem'))
    expect(await harness.ask(`${gnutlsVerify} --infile chain.pem`)).toContain(
      'Verified. The certificate is trusted',
    )
  })

  const readText = (name: string) => new TextDecoder().decode(harness.folder.read(name))
})

test('an OCSP responder of an older CA for clients only is accepted by OpenSSL, but not by Go and GnuTLS', async () => {
  using folder = openToolFolder()
  const ca = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n'
  folder.write('root.cnf', ca)
  folder.write('issuer.cnf', `${ca}extendedKeyUsage=clientAuth\n`)
  folder.write(
    'responder.cnf',
    'keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\nnoCheck=ignored\n',
  )
  for (const [name, issuer] of [
    ['root', '-signkey root.key'],
    ['issuer', '-CA root.pem -CAkey root.key -CAcreateserial'],
    ['responder', '-CA issuer.pem -CAkey issuer.key -CAcreateserial'],
  ]) {
    folder.run(`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${name}.key`)
    folder.run(`openssl req -new -key ${name}.key -subj /CN=${name} -out ${name}.csr`)
    folder.run(`openssl x509 -req -in ${name}.csr -extfile ${name}.cnf ${issuer} -out ${name}.pem`)
  }
  const read = (name: string) => new TextDecoder().decode(folder.read(name))
  folder.write('chain.pem', read('responder.pem') + read('issuer.pem'))
  const verify = 'openssl verify -purpose ocsphelper -CAfile root.pem -untrusted issuer.pem responder.pem'
  expect(folder.run(verify)).toContain('OK')
  expect(folder.run(`go run ${goProgram} root.pem issuer.pem responder.pem`)).toContain(
    'incompatible key usage',
  )
  expect(() => folder.run(`${gnutlsVerify} --infile chain.pem`)).toThrow('Not verified')
})
