import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { oids } from '../../src/pki/der/oids.ts'
import { keyIdentifier } from '../../src/pki/key/key-identifier.ts'
import { type DistinguishedName, encodeName } from '../../src/pki/name/name.ts'
import {
  assembleSigned,
  type ClientCertificateFields,
  draftAuthorityCertificate,
  draftClientCertificate,
  type IssuerDetails,
  type SignatureAlgorithm,
} from '../../src/pki/profile/certificate-profile.ts'

/** A key pair with its description in certificates. */
export interface TestKey {
  privateKey: KeyObject
  spki: Uint8Array
  subjectKeyIdentifier: Uint8Array
}

/** A CA with its key in memory. */
export interface TestIssuer {
  facts: IssuerDetails
  der: Uint8Array
  sign(tbs: Uint8Array): Uint8Array
}

const day = 86_400_000
const ec = (namedCurve: string) => () => generateKeyPairSync('ec', { namedCurve })
const makers: Record<SignatureAlgorithm, () => { publicKey: KeyObject; privateKey: KeyObject }> = {
  'ecdsa-with-SHA256': ec('P-256'),
  'ecdsa-with-SHA384': ec('P-384'),
  sha256WithRSAEncryption: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ed25519: () => generateKeyPairSync('ed25519'),
}
const hashes: Record<SignatureAlgorithm, string | null> = {
  'ecdsa-with-SHA256': 'sha256',
  'ecdsa-with-SHA384': 'sha384',
  sha256WithRSAEncryption: 'sha256',
  ed25519: null,
}

/** Creates a key for signatures with `algorithm`. */
export async function makeKey(algorithm: SignatureAlgorithm = 'ecdsa-with-SHA256'): Promise<TestKey> {
  const { publicKey, privateKey } = makers[algorithm]()
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  return { privateKey, spki, subjectKeyIdentifier: await keyIdentifier(spki) }
}

export const randomSerialNumber = (): string => `4${randomBytes(16).toString('hex').slice(1)}`

const nameOf = (commonName: string): DistinguishedName => [
  { type: oids.countryName, value: 'DE' },
  { type: oids.organizationName, value: 'Postern Test' },
  { type: oids.commonName, value: commonName },
]

function toIssuer(
  subject: DistinguishedName,
  key: TestKey,
  signatureAlgorithm: SignatureAlgorithm,
  notAfter: number,
): Omit<TestIssuer, 'der'> {
  return {
    facts: {
      subjectDer: encodeName(subject),
      subjectKeyIdentifier: key.subjectKeyIdentifier,
      signatureAlgorithm,
      notAfter,
    },
    sign: (tbs) =>
      assembleSigned(tbs, signatureAlgorithm, sign(hashes[signatureAlgorithm], tbs, key.privateKey)),
  }
}

/** Creates a root CA and an issuing CA below it, both signing with `algorithm`. */
export async function makeAuthority(
  algorithm: SignatureAlgorithm = 'ecdsa-with-SHA256',
): Promise<{ root: TestIssuer; issuing: TestIssuer }> {
  const times = { notBefore: Date.now() - day, notAfter: Date.now() + 3650 * day }
  const [rootKey, issuingKey] = [await makeKey(algorithm), await makeKey(algorithm)]
  const rootName = nameOf('Test Root')
  const root = toIssuer(rootName, rootKey, algorithm, times.notAfter)
  const rootTbs = draftAuthorityCertificate({
    kind: 'root',
    serialNumber: randomSerialNumber(),
    subject: rootName,
    signatureAlgorithm: algorithm,
    ...rootKey,
    ...times,
  })
  const issuingName = nameOf('Test Issuing')
  const issuing = toIssuer(issuingName, issuingKey, algorithm, times.notAfter)
  const issuingTbs = draftAuthorityCertificate({
    kind: 'issuing',
    serialNumber: randomSerialNumber(),
    subject: issuingName,
    issuer: root.facts,
    crlUrl: 'http://127.0.0.1:8080/root.crl',
    ...issuingKey,
    ...times,
  })
  return {
    root: { ...root, der: root.sign(rootTbs) },
    issuing: { ...issuing, der: root.sign(issuingTbs) },
  }
}

/** Returns the plan of a valid client certificate. */
export function planClientCertificate(
  issuer: TestIssuer,
  key: TestKey,
  changes: Partial<ClientCertificateFields> = {},
): ClientCertificateFields {
  return {
    serialNumber: randomSerialNumber(),
    issuer: issuer.facts,
    subject: { organizationName: 'Acme Ltd', country: 'GB', state: 'Kent', commonName: 'acme-0001' },
    uri: 'urn:postern:production:acme:acme-0001',
    spki: key.spki,
    subjectKeyIdentifier: key.subjectKeyIdentifier,
    notBefore: Date.now() - 300_000,
    notAfter: Date.now() + 365 * day,
    crlUrl: 'http://127.0.0.1:8080/issuing.crl',
    ocspUrl: 'http://127.0.0.1:8080/ocsp/issuing',
    issuerUrl: 'http://127.0.0.1:8080/issuing.cer',
    ...changes,
  }
}

/** Returns a signed client certificate. */
export function issueClientCertificate(
  issuer: TestIssuer,
  key: TestKey,
  changes: Partial<ClientCertificateFields> = {},
): Uint8Array {
  return issuer.sign(draftClientCertificate(planClientCertificate(issuer, key, changes)))
}
