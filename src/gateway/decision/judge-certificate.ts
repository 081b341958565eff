import type { GatewayEnvironment } from '../environment/gateway-environment.ts'
import type { Registry } from '../registry/registry.ts'
import { type Charged, handshakeMilliseconds } from '../socket/charge.ts'
import type { Presented } from './presented.ts'
import type { Refusal } from './refusal.ts'
import { decideVerdict, type Verdict } from './verdict.ts'

/** Why a certificate is not accepted, as determined at some time. */
interface Denial {
  environment: string
  /** The version of the registry. */
  revision: number
  /** Milliseconds since 1970. */
  at: number
  refusal: Refusal
}

/** The interval after which time alone may change why a certificate is not accepted, milliseconds. */
const keepMilliseconds = 1000

const denials = new WeakMap<Presented, Denial>()

/**
 * Returns the certificate decision for a connection. The reason for a denial is determined once, and again
 * after the registry has changed: path validation costs more than a request, and a client can send a hundred
 * streams simultaneously. Its cost is charged to the client address.
 */
export function judgeCertificate(
  registry: Registry,
  environment: GatewayEnvironment,
  { presented, admission }: { presented: Presented | undefined; admission: Charged | undefined },
  now: number,
): Verdict {
  const known = presented && denials.get(presented)
  if (known !== undefined && isCurrent(known, environment.name, registry.revision(), now))
    return known.refusal
  const started = performance.now()
  const verdict = decideVerdict(presented, environment, registry, now)
  if (verdict.ok || presented === undefined) return verdict
  admission?.charge((performance.now() - started) / handshakeMilliseconds)
  const denial = { environment: environment.name, revision: registry.revision(), at: now, refusal: verdict }
  denials.set(presented, denial)
  return verdict
}

const isCurrent = (denial: Denial, environment: string, revision: number, now: number): boolean =>
  denial.environment === environment &&
  denial.revision === revision &&
  now >= denial.at &&
  now < denial.at + keepMilliseconds
