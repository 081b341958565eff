import type { ErrorCode } from '../../contract/error-codes.ts'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import type { RegisteredCertificate } from '../registry/registered-certificate.ts'
import type { RegisteredIssuer } from '../registry/registered-parties.ts'
import type { Registry } from '../registry/registry.ts'
import { hasEnded, hasRetired } from '../registry/validity.ts'
import { judgeStranger } from './judge-stranger.ts'
import type { Presented } from './presented.ts'
import type { Refusal } from './refusal.ts'

/** Whether a client is accepted, and why not. */
export type Verdict = { ok: true; certificate: RegisteredCertificate } | Refusal

type Known = Pick<Registry, 'findByFingerprint' | 'findByPublicKey' | 'findIssuer' | 'listIssuers'>

/**
 * Decides whether the holder of `presented` is accepted in `environment` at `now` (milliseconds since 1970).
 * It uses only the registry: never the TLS library's `authorized`, which is true for a resumed session
 * without any certificate.
 */
export function decideVerdict(
  presented: Presented | undefined,
  environment: Pick<GatewayEnvironment, 'name' | 'foreignCertificates'>,
  registry: Known,
  now: number,
): Verdict {
  if (presented === undefined) return { ok: false, code: 'certificate_missing', owner: undefined }
  const certificate = registry.findByFingerprint(presented.fingerprint)
  if (certificate === undefined) return judgeStranger(presented, environment.name, registry, now)
  const issuer = registry.findIssuer(certificate.issuerId)
  const facts = { presented, certificate, issuer, environment, now }
  const cause = causes.find(({ holds }) => holds(facts))
  if (cause === undefined) return { ok: true, certificate }
  const refusal: Refusal = { ok: false, code: cause.code, owner: certificate }
  return cause.code === 'certificate_wrong_environment'
    ? { ...refusal, otherEnvironment: certificate.environment }
    : refusal
}

/**
 * Returns whether the holder of a registered certificate would be accepted in `environment` at `now`,
 * whatever is presented.
 */
export function isInForce(
  certificate: RegisteredCertificate,
  environment: Facts['environment'],
  { findIssuer }: Pick<Registry, 'findIssuer'>,
  now: number,
): boolean {
  const issuer = findIssuer(certificate.issuerId)
  const facts = { presented: undefined, certificate, issuer, environment, now }
  return !causes.some(({ holds }) => holds(facts))
}

interface Facts {
  /** Undefined if only the registry is checked: the content of the certificate does not change. */
  presented: Presented | undefined
  certificate: RegisteredCertificate
  issuer: RegisteredIssuer | undefined
  environment: Pick<GatewayEnvironment, 'name' | 'foreignCertificates'>
  now: number
}

/**
 * The reasons why a registered certificate is denied, the most informative code first. Its bytes are the
 * registered ones, so its signature and its key need no further check.
 */
const causes: readonly { code: ErrorCode; holds(facts: Facts): boolean }[] = [
  {
    code: 'certificate_wrong_environment',
    holds: ({ certificate, environment }) => certificate.environment !== environment.name,
  },
  { code: 'certificate_revoked', holds: ({ certificate }) => certificate.revoked },
  {
    code: 'certificate_issuer_unknown',
    holds: (facts) => !isIssuerTrusted(facts),
  },
  {
    code: 'certificate_issuer_retired',
    holds: ({ issuer, now }) => hasRetired(issuer, now),
  },
  { code: 'certificate_not_yet_valid', holds: ({ certificate, now }) => now < certificate.notBefore },
  { code: 'certificate_expired', holds: ({ certificate, now }) => hasEnded(certificate, now) },
  { code: 'certificate_wrong_purpose', holds: ({ presented }) => presented?.purposeProblem !== undefined },
]

/**
 * Returns whether the issuer is trusted: externally issued certificates are valid only while the environment
 * accepts them.
 */
function isIssuerTrusted({ certificate, issuer, environment }: Facts): boolean {
  const { foreignCertificates } = environment
  if (certificate.issuerId === '') return foreignCertificates === 'pinned'
  if (issuer?.environment !== environment.name) return false
  return !issuer.isForeign || foreignCertificates !== 'off'
}
