import { generateKeyPair, randomBytes, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { oids } from '../pki/der/oids.ts'
import { isSameBytes } from '../pki/der/same-bytes.ts'
import { keyIdentifier } from '../pki/key/key-identifier.ts'
import { draftResponderCertificate, type IssuerDetails } from '../pki/profile/certificate-profile.ts'
import { SoundTbsCertificate } from '../pki/profile/lint-certificate.ts'
import type { OcspResponder } from '../pki/status/ocsp-response.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import { newSerialNumber } from '../shapes/serial-number.ts'
import type { Signer } from '../shapes/signer.ts'
import type { Database } from '../storage/database.ts'
import { assertReleased } from '../storage/store-hold.ts'
import {
  createOcspResponderStore,
  type OcspResponderStore,
  type ResponderDraft,
} from './ocsp-responder-store.ts'
import { getSpki } from './sign-tbs.ts'
import { toResponder } from './to-responder.ts'

const hour = 3_600_000
const lifeMs = 48 * hour
/** A responder is replaced when less than this is left of its validity. */
const renewMs = 24 * hour
/** Minimum time between two requests for the unavailable key of an issuer. */
const retryMs = 60_000
const backdateMs = 300_000
const makeKeyPair = promisify(generateKeyPair)

/** A certificate authority as responders see it. */
export interface ResponderIssuer {
  id: string
  certificateDer: Uint8Array
  details: IssuerDetails
}

/** The dependencies of responders. */
export interface ResponderDependencies {
  database: Database
  authorityKey: MasterKey
  /** Seals the keys of responders for processes that only publish; null if there are none. */
  publicationKey?: MasterKey | null
  /** Signs the certificates of responders with the keys of their issuers. */
  signer: Signer
  clock: Clock
  /** Receives a failed replacement of a responder, which is retried. */
  onFailure(what: string, error: unknown): void
}

/**
 * Returns a function that gives the responder of an issuer, which signs its OCSP responses, one at a time per
 * issuer. It creates the first with the key of the issuer, and a replacement after half the validity; while
 * that key is unavailable, the present responder stays in use until it expires. After that the function
 * throws the signer's error.
 */
export function openOcspResponders(
  dependencies: ResponderDependencies,
): (issuer: ResponderIssuer) => Promise<OcspResponder> {
  const { clock, onFailure } = dependencies
  const store = createOcspResponderStore(
    dependencies.database,
    dependencies.authorityKey,
    dependencies.publicationKey ?? null,
  )
  const present = new Map<string, OcspResponder>()
  const coming = new Map<string, Promise<OcspResponder>>()
  const triedAt = new Map<string, number>()

  const renew = (issuer: ResponderIssuer): Promise<OcspResponder> => {
    const underWay = coming.get(issuer.id)
    if (underWay !== undefined) return underWay
    const next = makeResponder(dependencies, store, issuer)
      .then((responder) => {
        present.set(issuer.id, responder)
        return responder
      })
      .finally(() => coming.delete(issuer.id))
    coming.set(issuer.id, next)
    return next
  }

  return async (issuer) => {
    const responder = present.get(issuer.id)
    const now = clock.now()
    if (responder === undefined || responder.notAfter <= now) return renew(issuer)
    const isDue = responder.notAfter < lastsUntil(issuer, now)
    if (isDue && now - (triedAt.get(issuer.id) ?? 0) >= retryMs) {
      triedAt.set(issuer.id, now)
      renew(issuer).catch((error) => onFailure('renew-ocsp-responder', error))
    }
    return responder
  }
}

/** Returns the earliest acceptable expiry of a responder that is in use now. */
const lastsUntil = ({ details }: ResponderIssuer, now: number) => Math.min(now + renewMs, details.notAfter)

/** The TBSCertificate is stored before the issuer signs, and is signed as it stands in the store. */
async function makeResponder(
  { database, signer, clock }: ResponderDependencies,
  store: OcspResponderStore,
  issuer: ResponderIssuer,
): Promise<OcspResponder> {
  // The key of a responder is another one than that of the issuer, and would still sign.
  await assertReleased(database.queries)
  const now = clock.now()
  const draftNext = () => draftResponder(issuer, now)
  const stored = await store.findOrDraft(issuer.id, lastsUntil(issuer, now), draftNext, now)
  if (stored.certificateDer !== null) return toResponder(stored, stored.certificateDer)
  const { id, seal } = stored
  const tbs = new SoundTbsCertificate('responder', stored.tbs, issuer.details)
  const der = await signer.signCertificate({ id, environment: null, issuerId: issuer.id, tbs, seal })
  assertSigned(der, stored.tbs, issuer)
  return toResponder(stored, await store.saveCertificate(issuer.id, stored, der, now))
}

async function draftResponder({ details }: ResponderIssuer, now: number): Promise<ResponderDraft> {
  const { privateKey: key } = await makeKeyPair('ec', { namedCurve: 'P-256' })
  const spki = getSpki(key)
  const serialNumber = newSerialNumber(randomBytes)
  const notAfter = Math.min(now + lifeMs, details.notAfter)
  const tbs = draftResponderCertificate({
    issuer: details,
    serialNumber,
    subject: [
      { type: oids.organizationName, value: 'Postern' },
      { type: oids.commonName, value: `Postern OCSP ${serialNumber.slice(-8)}` },
    ],
    spki,
    subjectKeyIdentifier: await keyIdentifier(spki),
    notBefore: now - backdateMs,
    notAfter,
  })
  return { serialNumber, tbs, notAfter, key }
}

function assertSigned(der: Uint8Array, tbs: Uint8Array, issuer: ResponderIssuer): void {
  const issuerKey = new X509Certificate(issuer.certificateDer).publicKey
  if (isSameBytes(parseCertificate(der).tbs, tbs) && new X509Certificate(der).verify(issuerKey)) return
  throw new PosternError(
    'profile_violation',
    'What was signed is not the responder that was to be signed, so it was not kept. Tell the operator.',
  )
}
