import { type KeyObject, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseCertificate } from '../../../src/pki/certificate/certificate.ts'
import { toHex } from '../../../src/pki/der/fingerprint.ts'
import { opensslCertificate, peculiarCertificate, posternCertificate } from './certificate-judges.ts'
import { inputsFrom } from './differential-inputs.ts'
import { findDifferences, takes } from './judge.ts'
import { createLedger } from './known-differences.ts'
import { locateInCertificate } from './locate-refusal.ts'
import { publicCertificates } from './public-inputs.ts'

const certificates = publicCertificates()
const keys = new Map<string, KeyObject>()
for (const { der } of certificates) {
  try {
    keys.set(toHex(parseCertificate(der).subjectDer), new X509Certificate(der).publicKey)
  } catch {
    // A certificate that one of the two rejects has signed nothing here.
  }
}
const findIssuerKey = (name: string) => keys.get(name)
const postern = posternCertificate(findIssuerKey)
const others = { OpenSSL: opensslCertificate(findIssuerKey), '@peculiar/x509': peculiarCertificate }

test('a certificate is read as by OpenSSL and @peculiar/x509, except for explained differences', async () => {
  const ledger = createLedger()
  for (const { file, der } of inputsFrom(certificates, 3000))
    for (const [name, other] of Object.entries(others))
      for (const difference of await findDifferences(postern, other, der)) {
        const where =
          difference.what === 'taken'
            ? `: ${await locateInCertificate(der, (each) => takes(other, each))}`
            : ''
        ledger.add('certificate', name, { ...difference, what: difference.what + where }, file)
      }
  expect(Object.fromEntries(ledger.unexplained)).toEqual({})
  expect(ledger.counts.size).toBeGreaterThan(10)
}, 120_000)

test('of the public test inputs for readers, only these are rejected, for these reasons', () => {
  const refused = certificates.flatMap(({ file, der }) => {
    try {
      parseCertificate(der)
      return []
    } catch (error) {
      return [[file, (error as Error).message.split(/: |\. /)[1]]]
    }
  })
  expect(refused).toEqual([
    ['badasn1time.pem', 'a date is not valid'],
    ['cryptography-scts-tbs-precert.der', 'a part is missing or of another kind than expected'],
    ['utf8-dnsname.pem', 'a name holds characters that do not belong there'],
    ['v1_cert.pem', 'it names two different signature algorithms'],
    ['alternate-rsa-sha1-oid.der', 'a set of flags is not encoded as DER demands'],
    ['invalid_utf8_common_name.pem', 'a name holds characters that its string type does not have'],
    ['invalid_version.pem', 'its version is unknown'],
    ['long-form-name-attribute.pem', 'it holds an unknown type'],
    ['negative_serial.pem', 'its serial number is negative'],
    ['two_basic_constraints.pem', 'an extension occurs twice'],
    ['ed25519-rfc8410.pem', 'a default value is written out'],
    ['BadSignedCACert.crt', 'a bit string does not hold whole octets'],
    ['InvalidDSASignatureTest6EE.crt', 'a bit string does not hold whole octets'],
    ['InvalidNegativeSerialNumberTest15EE.crt', 'its serial number is negative'],
  ])
})
