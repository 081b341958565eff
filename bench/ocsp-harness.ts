import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { oids } from '../src/pki/der/oids.ts'
import { keyIdentifier } from '../src/pki/key/key-identifier.ts'
import { draftResponderCertificate } from '../src/pki/profile/certificate-profile.ts'
import { SoundTbsCertificate } from '../src/pki/profile/lint-certificate.ts'
import { toPem } from '../src/pki/text/pem.ts'
import { openDatabase } from '../src/storage/database.ts'
import { migrate } from '../src/storage/migrate.ts'
import { createCertificateHarness } from '../test/support/certificate-harness.ts'
import { signSealed } from '../test/support/sign-sealed.ts'
import { randomSerialNumber } from '../test/support/test-authority.ts'
import { openToolFolder } from '../test/support/tool-folder.ts'

const day = 86_400_000
const rowsAtOnce = 200

/**
 * Creates an issuer with `count` certificates, every tenth revoked: in a store of Postern, and in the index
 * of `openssl ocsp`, with a delegated P-256 responder for both.
 */
export async function makeOcspHarness(count: number) {
  const folder = openToolFolder()
  const path = join(folder.path, 'postern.db')
  const database = await openDatabase({ engine: 'sqlite', path })
  await migrate(database)
  const harness = await createCertificateHarness(database)
  const acme = await harness.addOrganization('acme')
  const { id } = await harness.issueOne(acme)
  const row = await database.queries
    .selectFrom('certificates')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const serialNumbers = Array.from({ length: count }, randomSerialNumber)
  const rows = serialNumbers.map((serialNumber, i) => ({
    ...row,
    id: `crt_${i}`,
    number: i + 2,
    name: `acme-${i + 2}`,
    serial_number: serialNumber,
    fingerprint_sha256: serialNumber,
    spki_sha256: null,
    ...(i % 10 === 9 &&
      ({ status: 'revoked', revoked_at: Date.now(), revocation_reason: 'superseded' } as const)),
  }))
  for (let i = 0; i < rows.length; i += rowsAtOnce)
    await database.queries
      .insertInto('certificates')
      .values(rows.slice(i, i + rowsAtOnce))
      .execute()

  const { issuers, signer } = harness.issue
  const issuer = await issuers.getSigning('production')
  const chain = await issuers.listChain(issuer.id)
  const pems = chain.map(({ certificateDer }) => toPem('CERTIFICATE', new Uint8Array(certificateDer)))
  folder.write('issuer.pem', pems[0] ?? '')
  folder.write('trust.pem', pems.join(''))
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  const tbs = draftResponderCertificate({
    serialNumber: randomSerialNumber(),
    issuer: issuer.details,
    subject: [{ type: oids.commonName, value: 'Bench OCSP' }],
    spki,
    subjectKeyIdentifier: await keyIdentifier(spki),
    notBefore: Date.now() - day,
    notAfter: Date.now() + day,
  })
  const sound = new SoundTbsCertificate('responder', tbs, issuer.details)
  folder.write(
    'responder.pem',
    toPem('CERTIFICATE', await signSealed(signer, harness.authorityKey, issuer.id, sound)),
  )
  folder.write('responder.key', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  const index = serialNumbers.map((serialNumber, i) =>
    i % 10 === 9
      ? `R\t350101000000Z\t260101000000Z,superseded\t${serialNumber.toUpperCase()}\tunknown\t/CN=${i}`
      : `V\t350101000000Z\t\t${serialNumber.toUpperCase()}\tunknown\t/CN=${i}`,
  )
  folder.write('index.txt', `${index.join('\n')}\n`)
  await database.close()
  return { folder, path, authorityKey: harness.authorityKey, issuerId: issuer.id, serialNumbers }
}
