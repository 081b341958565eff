import type { DenialCode } from '../../contract/denial-codes.ts'
import { formatName } from '../../pki/name/name.ts'
import { findGraceMs } from '../../shapes/external-status-terms.ts'
import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import { findStop } from '../registry/organization-status.ts'
import type { RegisteredCertificate } from '../registry/registered-certificate.ts'
import {
  hasMigrated,
  isExcepted,
  isExternal,
  type RegisteredMigration,
} from '../registry/registered-migration.ts'
import type { RegisteredIssuer } from '../registry/registered-parties.ts'
import type { Registry } from '../registry/registry.ts'
import { hasEnded, hasRetired } from '../registry/validity.ts'
import type { Denial } from './denial.ts'
import { explainUnregistered } from './explain-unregistered.ts'
import type { PresentedCertificate } from './presented-certificate.ts'

/** Whether a client is accepted, and why not. */
export type CertificateDecision = { ok: true; certificate: RegisteredCertificate } | Denial

type Known = Pick<
  Registry,
  | 'findByFingerprint'
  | 'findByPublicKey'
  | 'findIssuer'
  | 'findOrganization'
  | 'findMigration'
  | 'findExternalStatus'
  | 'findConfirmedUntil'
  | 'listIssuers'
>

/**
 * Decides whether the holder of `presented` is accepted in `environment` at `now` (milliseconds since 1970).
 * It uses only the registry: never the TLS library's `authorized`, which is true for a resumed session
 * without any certificate.
 */
export function checkCertificate(
  presented: PresentedCertificate | undefined,
  environment: CheckInput['environment'],
  registry: Known,
  now: number,
): CertificateDecision {
  if (presented === undefined) return { ok: false, code: 'certificate_missing', owner: undefined }
  const certificate = registry.findByFingerprint(presented.fingerprint)
  if (certificate === undefined) return explainUnregistered(presented, environment.name, registry, now)
  const stop = findStop(registry, certificate.organizationId)
  if (stop !== undefined) return { ok: false, code: stop, owner: certificate }
  const issuer = registry.findIssuer(certificate.issuerId)
  const migration = registry.findMigration(certificate.organizationId, environment.name)
  const input = { presented, certificate, issuer, migration, environment, registry, now }
  const cause = causes.find(({ holds }) => holds(input))
  if (cause === undefined) return { ok: true, certificate }
  const denial: Denial = { ok: false, code: cause.code, owner: certificate }
  if (certificate.isServerOnly && cause.code === 'certificate_wrong_purpose')
    return { ...denial, problem: serverOnlyProblem }
  const finding =
    cause.code === 'certificate_revoked' ? registry.findExternalStatus(certificate.id)?.finding : null
  if (finding) return { ...denial, finding }
  return cause.code === 'certificate_wrong_environment'
    ? { ...denial, otherEnvironment: certificate.environment }
    : denial
}

/**
 * Returns whether the holder of a registered certificate would be accepted in `environment` at `now`,
 * whatever is presented.
 */
export function isInForce(
  certificate: RegisteredCertificate,
  environment: CheckInput['environment'],
  registry: Pick<
    Registry,
    'findIssuer' | 'findOrganization' | 'findMigration' | 'findConfirmedUntil' | 'findExternalStatus'
  >,
  now: number,
): boolean {
  if (findStop(registry, certificate.organizationId) !== undefined) return false
  const issuer = registry.findIssuer(certificate.issuerId)
  const migration = registry.findMigration(certificate.organizationId, environment.name)
  const input = { presented: undefined, certificate, issuer, migration, environment, registry, now }
  return !causes.some(({ holds }) => holds(input))
}

const serverOnlyProblem =
  'it is for TLS servers alone, and your organization has no exception for such certificates at this time'

interface CheckInput {
  /** Undefined if only the registry is checked: the content of the certificate does not change. */
  presented: PresentedCertificate | undefined
  certificate: RegisteredCertificate
  issuer: RegisteredIssuer | undefined
  migration: RegisteredMigration | undefined
  environment: Pick<GatewayEnvironment, 'name' | 'externalCertificates' | 'externalStatus'>
  registry: Pick<Registry, 'findConfirmedUntil' | 'findExternalStatus'>
  now: number
}

/**
 * The reasons why a registered certificate is denied, the most informative code first. Its bytes are the
 * registered ones, so its signature and its key need no further check.
 */
const causes: readonly { code: DenialCode; holds(input: CheckInput): boolean }[] = [
  {
    code: 'certificate_wrong_environment',
    holds: ({ certificate, environment }) => certificate.environment !== environment.name,
  },
  { code: 'certificate_revoked', holds: ({ certificate }) => certificate.revoked },
  {
    code: 'certificate_issuer_unknown',
    holds: (input) => !isIssuerTrusted(input),
  },
  {
    code: 'certificate_issuer_retired',
    holds: ({ issuer, now }) => hasRetired(issuer, now),
  },
  {
    code: 'external_certificate_ended',
    holds: ({ certificate, issuer, migration, now }) =>
      isExternal(certificate, issuer) && hasMigrated(migration, now),
  },
  { code: 'certificate_not_yet_valid', holds: ({ certificate, now }) => now < certificate.notBefore },
  { code: 'certificate_expired', holds: ({ certificate, now }) => hasEnded(certificate, now) },
  // Nobody is asked about one that has expired.
  { code: 'external_status_unavailable', holds: isUnconfirmed },
  {
    code: 'certificate_wrong_purpose',
    holds: ({ presented, certificate, migration, now }) =>
      certificate.isServerOnly ? !isExcepted(migration, now) : presented?.purposeProblem !== undefined,
  },
]

/**
 * Returns whether the issuer is trusted: externally issued certificates are valid only while the environment
 * accepts them.
 */
function isIssuerTrusted({ certificate, issuer, environment }: CheckInput): boolean {
  const { externalCertificates } = environment
  if (certificate.issuerId === '') return externalCertificates === 'pinned'
  if (issuer?.environment !== environment.name) return false
  return !issuer.isExternal || externalCertificates !== 'off'
}

/**
 * Returns whether the CA of an externally issued certificate has not said for too long that it is not revoked. Where
 * nobody can be asked, or it is not known yet whom to ask, nothing is confirmed, which is enough where there is time. A pinned certificate has no CA that operators trust: nobody is asked.
 */
function isUnconfirmed({ certificate, issuer, environment, registry, now }: CheckInput): boolean {
  if (issuer?.isExternal !== true) return false
  const graceMs = findGraceMs(environment.externalStatus, nameIssuer(issuer))
  if (graceMs === undefined) return false
  const confirmedUntil = registry.findConfirmedUntil(certificate.id)
  const isAskable = registry.findExternalStatus(certificate.id)?.isAskable === true
  if (graceMs === 0 && !isAskable) return true
  if (confirmedUntil === undefined) return false
  return now >= confirmedUntil + graceMs
}

const issuerNames = new WeakMap<RegisteredIssuer['parsed'], string>()

/** Each call asks for it. */
function nameIssuer({ parsed }: RegisteredIssuer): string {
  const known = issuerNames.get(parsed) ?? formatName(parsed.subject)
  issuerNames.set(parsed, known)
  return known
}
