import { X509Certificate } from 'node:crypto'
import type { ErrorCode } from '../contract/error-codes.ts'
import { toHex } from '../pki/fingerprint.ts'
import { oids } from '../pki/oids.ts'
import { type Presented, publicKeyOf } from './presented.ts'
import type { RegisteredCertificate, RegisteredIssuer, Registry } from './registry.ts'

/** Whether a caller is let in, and why not. */
export type Verdict = { ok: true; certificate: RegisteredCertificate } | Refusal

/** Why a caller is not let in. */
export interface Refusal {
  ok: false
  code: ErrorCode
  /** The certificate that this one is, or whose key it has; whoever presents it has proven to hold the key. */
  owner: RegisteredCertificate | undefined
  /** The environment that it belongs to, where that is the problem. */
  otherEnvironment?: string
}

type Known = Pick<Registry, 'findByFingerprint' | 'findByPublicKey' | 'findIssuer' | 'listIssuers'>

/**
 * Decides whether the holder of `presented` may enter `environment` at `now` (milliseconds since
 * 1970). It asks the registry alone: never whether the TLS library calls the socket authorized,
 * which is true for a resumed session without any certificate.
 */
export function decideVerdict(
  presented: Presented | undefined,
  environment: string,
  registry: Known,
  now: number,
): Verdict {
  if (presented === undefined) return { ok: false, code: 'certificate_missing', owner: undefined }
  const registered = registry.findByFingerprint(presented.fingerprint)
  return registered === undefined
    ? judgeStranger(presented, environment, registry, now)
    : judgeRegistered(presented, registered, environment, registry, now)
}

function judgeRegistered(
  presented: Presented,
  certificate: RegisteredCertificate,
  environment: string,
  registry: Known,
  now: number,
): Verdict {
  const refuse = (code: ErrorCode): Refusal => ({ ok: false, code, owner: certificate })
  if (certificate.environment !== environment)
    return { ...refuse('certificate_wrong_environment'), otherEnvironment: certificate.environment }
  if (certificate.revoked) return refuse('certificate_revoked')
  if (registry.findIssuer(certificate.issuerId)?.environment !== environment)
    return refuse('certificate_issuer_unknown')
  if (now < certificate.notBefore) return refuse('certificate_not_yet_valid')
  if (hasEnded(certificate, now)) return refuse('certificate_expired')
  if (presented.purposeProblem !== undefined) return refuse('certificate_wrong_purpose')
  return { ok: true, certificate }
}

function judgeStranger(presented: Presented, environment: string, registry: Known, now: number): Verdict {
  const { parsed } = presented
  if (parsed === undefined) return { ok: false, code: 'certificate_malformed', owner: undefined }
  const owner = registry.findByPublicKey(publicKeyOf(parsed))
  const refuse = (code: ErrorCode): Refusal => ({ ok: false, code, owner })
  const issuer = findSigner(presented, registry.listIssuers())
  if (issuer === undefined)
    return refuse(
      isChainMissing(presented, registry) ? 'certificate_chain_incomplete' : 'certificate_issuer_unknown',
    )
  if (issuer.environment !== null && issuer.environment !== environment)
    return { ...refuse('certificate_wrong_environment'), otherEnvironment: issuer.environment }
  if (presented.purposeProblem !== undefined) return refuse('certificate_wrong_purpose')
  if (now < parsed.notBefore) return refuse('certificate_not_yet_valid')
  if (hasEnded(parsed, now)) return refuse('certificate_expired')
  return refuse('certificate_not_registered')
}

/** The last second of the validity counts (RFC 5280, 4.1.2.5). */
export const hasEnded = ({ notAfter }: { notAfter: number }, now: number): boolean => now >= notAfter + 1000

/** The issuer whose name the certificate states and whose key has signed it: a name alone proves nothing. */
function findSigner(
  { der, parsed }: Presented,
  issuers: readonly RegisteredIssuer[],
): RegisteredIssuer | undefined {
  const name = toHex(parsed?.issuerDer ?? new Uint8Array())
  return issuers.find((issuer) => issuer.name === name && isSignedBy(der, issuer))
}

function isSignedBy(der: Uint8Array, { publicKey }: RegisteredIssuer): boolean {
  try {
    return new X509Certificate(der).verify(publicKey)
  } catch {
    return false
  }
}

/**
 * Whether an intermediate is all that seems to be missing: the certificate came alone, is not
 * self-signed, names an issuer that we do not have, and that issuer claims to be of the
 * organization (O) that our own authorities name.
 */
function isChainMissing({ chain, parsed }: Presented, registry: Known): boolean {
  if (parsed === undefined || chain.length > 0 || parsed.isSelfIssued) return false
  const issuers = registry.listIssuers()
  const name = toHex(parsed.issuerDer)
  const claimed = parsed.issuer.find(({ type }) => type === oids.organizationName)?.value
  return (
    claimed !== undefined &&
    issuers.some((issuer) => issuer.organizationName === claimed) &&
    !issuers.some((issuer) => issuer.name === name)
  )
}
