import { createPublicKey, randomBytes, X509Certificate } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import { oids } from '../pki/der/oids.ts'
import { keyIdentifier } from '../pki/key/key-identifier.ts'
import type { DistinguishedName } from '../pki/name/name.ts'
import { draftAuthorityCertificate } from '../pki/profile/certificate-profile.ts'
import { getIssuerDetails } from '../pki/profile/issuer-details.ts'
import { draftRoot, SoundTbsCertificate } from '../pki/profile/lint-certificate.ts'
import { newSerialNumber } from '../shapes/serial-number.ts'
import { newId } from '../storage/id.ts'
import type { KeyAccess, NewIssuerKey } from './issuer-key-store.ts'
import { makeIssuerKey, type NewKeys } from './make-issuer-key.ts'
import { getAlgorithm, type SigningKey, signTbs } from './sign-tbs.ts'

const day = 86_400_000
const rootDays = 7305
const issuingDays = 3650
const backdateMs = 300_000

/** The dependencies that create issuers. */
export interface MakeDependencies extends KeyAccess {
  clock: Clock
  /** The base URL of CRLs and issuer certificates, without a trailing slash. */
  publicationUrl: string
  /** Defaults to ECDSA keys in the store. */
  newKeys?: NewKeys
}

/** An issuer and its signing key. */
export interface PresentIssuer {
  id: string
  certificateDer: Uint8Array
  key: SigningKey
}

/** A signed issuer that is not stored yet. */
export interface MadeIssuer extends PresentIssuer {
  kind: 'root' | 'issuing'
  environment: string | null
  parentId: string | null
  made: NewIssuerKey
}

/** Creates a self-signed root. Throws the errors of the token. */
export async function makeRoot(dependencies: MakeDependencies): Promise<MadeIssuer> {
  const now = dependencies.clock.now()
  const id = newId('issuer', now)
  const { key, made } = await makeIssuerKey(dependencies, 'root', id)
  const tbs = draftRoot({
    signatureAlgorithm: getAlgorithm(key),
    serialNumber: newSerialNumber(randomBytes),
    subject: nameOf(`Postern Root ${randomBytes(4).toString('hex')}`),
    spki: key.spki,
    subjectKeyIdentifier: await keyIdentifier(key.spki),
    notBefore: now - backdateMs,
    notAfter: now + rootDays * day,
  })
  const certificateDer = await certify(key, tbs)
  return { id, certificateDer, key, made, kind: 'root', environment: null, parentId: null }
}

/** Creates an issuing CA of an environment, certified by `root`. Throws the errors of the token. */
export async function makeIssuing(
  dependencies: MakeDependencies,
  environment: { name: string; label?: string | undefined },
  root: PresentIssuer,
): Promise<MadeIssuer> {
  const now = dependencies.clock.now()
  const id = newId('issuer', now)
  const { key, made } = await makeIssuerKey(dependencies, `issuing ${environment.name}`, id)
  const issuer = getIssuerDetails(root.certificateDer)
  const tbs = draftAuthorityCertificate({
    kind: 'issuing',
    issuer,
    serialNumber: newSerialNumber(randomBytes),
    subject: nameOf(`Postern ${environment.label ?? environment.name} CA ${randomBytes(4).toString('hex')}`),
    spki: key.spki,
    subjectKeyIdentifier: await keyIdentifier(key.spki),
    notBefore: now - backdateMs,
    notAfter: Math.min(now + issuingDays * day, issuer.notAfter),
    crlUrl: `${dependencies.publicationUrl}/crl/${root.id}.crl`,
    issuerUrl: `${dependencies.publicationUrl}/issuers/${root.id}.cer`,
  })
  const certificateDer = await certify(root.key, new SoundTbsCertificate('issuing', tbs, issuer))
  const { name } = environment
  return { id, certificateDer, key, made, kind: 'issuing', environment: name, parentId: root.id }
}

/** Signs and verifies the certificate of an issuer, so that a faulty token is detected immediately. */
async function certify(key: SigningKey, tbs: SoundTbsCertificate): Promise<Uint8Array> {
  const der = await signTbs(key, tbs)
  const publicKey = createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' })
  if (new X509Certificate(der).verify(publicKey)) return der
  throw new PosternError(
    'profile_violation',
    'What the key of the authority signed does not verify, so it was not kept. Tell the operator.',
  )
}

const nameOf = (commonName: string): DistinguishedName => [
  { type: oids.organizationName, value: 'Postern' },
  { type: oids.commonName, value: commonName },
]
