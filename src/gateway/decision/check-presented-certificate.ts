import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import type { Registry } from '../registry/registry.ts'
import { type Charged, handshakeMs } from '../socket/charge.ts'
import { type CertificateDecision, checkCertificate } from './check-certificate.ts'
import type { Denial } from './denial.ts'
import type { PresentedCertificate } from './presented-certificate.ts'

/** Why a certificate is not accepted, as determined at some time. */
interface KnownDenial {
  environment: string
  /** The version of the registry. */
  revision: number
  /** Milliseconds since 1970. */
  at: number
  denial: Denial
}

/** The interval after which time alone may change why a certificate is not accepted, milliseconds. */
const keepMs = 1000

const knownDenials = new WeakMap<PresentedCertificate, KnownDenial>()

/**
 * Returns the certificate decision for a connection. The reason for a denial is determined once, and again
 * after the registry has changed: path validation costs more than a request, and a client can send a hundred
 * streams simultaneously. Its cost is charged to the client address.
 */
export function checkPresentedCertificate(
  registry: Registry,
  environment: GatewayEnvironment,
  { presented, admission }: { presented: PresentedCertificate | undefined; admission: Charged | undefined },
  now: number,
): CertificateDecision {
  const known = presented && knownDenials.get(presented)
  if (known !== undefined && isCurrent(known, environment.name, registry.revision(), now)) return known.denial
  const started = performance.now()
  const decision = checkCertificate(presented, environment, registry, now)
  if (decision.ok || presented === undefined) return decision
  admission?.charge((performance.now() - started) / handshakeMs)
  const knownDenial = {
    environment: environment.name,
    revision: registry.revision(),
    at: now,
    denial: decision,
  }
  knownDenials.set(presented, knownDenial)
  return decision
}

const isCurrent = (knownDenial: KnownDenial, environment: string, revision: number, now: number): boolean =>
  knownDenial.environment === environment &&
  knownDenial.revision === revision &&
  now >= knownDenial.at &&
  now < knownDenial.at + keepMs
