import { createHash } from 'node:crypto'
import { PosternError } from '../../errors.ts'
import { type ParsedCertificate, parseCertificate } from '../../pki/certificate/certificate.ts'
import { formatName } from '../../pki/name/name.ts'
import { findPurposeProblem } from '../../pki/path/find-purpose-problem.ts'

/** A certificate as a peer sent it; parsed once per connection. */
export interface PresentedCertificate {
  der: Uint8Array
  /** SHA-256 of the DER, hex. */
  fingerprint: string
  /** SHA-256 of the DER, base64url: `x5t#S256` (RFC 8705, section 3.1). */
  thumbprint: string
  /** Undefined if the bytes cannot be parsed. */
  parsed: ParsedCertificate | undefined
  /** The other certificates that the peer sent. */
  chain: readonly Uint8Array[]
  /** Why it cannot be a client certificate; undefined if it can. */
  purposeProblem: string | undefined
  /** What reading it, or the chain, has thrown, where that is a mistake of Postern and no reason to deny it. */
  mistake: unknown
}

/** The description of a presented certificate for users. */
export interface PresentedDetails {
  subject: string
  issuer: string
  serialNumber: string
  fingerprintSha256: string
  notBefore: string
  notAfter: string
}

/** Reads the certificates of a handshake: the peer's own, and the others that it sent. */
export function readPresentedCertificate(
  der: Uint8Array,
  chain: readonly Uint8Array[] = [],
): PresentedCertificate {
  const digest = createHash('sha256').update(der).digest()
  const presented: PresentedCertificate = {
    der,
    fingerprint: digest.toString('hex'),
    thumbprint: digest.toString('base64url'),
    parsed: undefined,
    chain,
    purposeProblem: undefined,
    mistake: undefined,
  }
  const parsed = tryParse(der, presented)
  return parsed === undefined
    ? presented
    : { ...presented, parsed, purposeProblem: findPurposeProblem(parsed) }
}

/** Returns the SHA-256 of a certificate's public key, hex. */
export const getPublicKey = ({ spki }: ParsedCertificate): string =>
  createHash('sha256').update(spki).digest('hex')

/** Every request of a connection has the same certificate. */
const knownDetails = new WeakMap<PresentedCertificate, PresentedDetails>()

/** Describes a presented certificate; undefined if it could not be parsed. */
export function getPresentedDetails(
  presented: PresentedCertificate | undefined,
): PresentedDetails | undefined {
  if (presented?.parsed === undefined) return undefined
  const known = knownDetails.get(presented)
  if (known !== undefined) return known
  const { subject, issuer, serialNumber, notBefore, notAfter } = presented.parsed
  const details = {
    subject: formatName(subject),
    issuer: formatName(issuer),
    serialNumber,
    fingerprintSha256: presented.fingerprint,
    notBefore: new Date(notBefore).toISOString(),
    notAfter: new Date(notAfter).toISOString(),
  }
  knownDetails.set(presented, details)
  return details
}

/** The certificate in `der`, or nothing where it cannot be read. A mistake of Postern is noted in `presented`. */
export function tryParse(
  der: Uint8Array,
  presented: Pick<PresentedCertificate, 'mistake'>,
): ParsedCertificate | undefined {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (!(error instanceof PosternError)) presented.mistake ??= error
    return undefined
  }
}
