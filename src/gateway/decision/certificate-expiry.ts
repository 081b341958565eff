import type { Registry } from '../registry/registry.ts'
import { getEnd } from '../registry/validity.ts'
import type { PresentedCertificate } from './presented-certificate.ts'

/** How long before its end a client is told of it. */
const warnedMs = 30 * 86_400_000

/** What is told of one certificate, as long as the registry does not change. */
interface KnownExpiry {
  revision: number
  /** From when it is told, milliseconds since 1970; Infinity if never. */
  from: number
  /** An HTTP date; empty before it is told for the first time. */
  date: string
}

const knownExpiries = new WeakMap<PresentedCertificate, KnownExpiry>()

/**
 * Returns when the presented certificate stops being accepted, as an HTTP date (RFC 9110, section 5.6.7), from 30 days
 * before; undefined earlier, and for a certificate that is not registered, is revoked, or is replaced: its replacement has
 * been accepted. It is looked up once for a connection and a state of the registry, and formatted once it is told.
 */
export function findExpiryDate(
  registry: Pick<Registry, 'revision' | 'findByFingerprint' | 'findIssuer' | 'findMigration'>,
  presented: PresentedCertificate | undefined,
  now: number,
): string | undefined {
  if (presented === undefined) return undefined
  const revision = registry.revision()
  let known = knownExpiries.get(presented)
  if (known?.revision !== revision) {
    known = { revision, from: findWarningStart(registry, presented), date: '' }
    knownExpiries.set(presented, known)
  }
  if (now < known.from) return undefined
  if (known.date === '') known.date = new Date(known.from + warnedMs).toUTCString()
  return known.date
}

function findWarningStart(
  registry: Pick<Registry, 'findByFingerprint' | 'findIssuer' | 'findMigration'>,
  { fingerprint }: PresentedCertificate,
): number {
  const certificate = registry.findByFingerprint(fingerprint)
  if (certificate === undefined || certificate.revoked || certificate.replaced) return Infinity
  const { organizationId, environment, issuerId } = certificate
  const migration = registry.findMigration(organizationId, environment)
  return getEnd(certificate, registry.findIssuer(issuerId), migration) - warnedMs
}
