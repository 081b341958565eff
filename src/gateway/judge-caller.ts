import type { Exchange } from './exchange.ts'
import type { GatewayEnvironment } from './gateway-environment.ts'
import type { GatewayParts } from './gateway-parts.ts'
import { decideVerdict, type Verdict } from './verdict.ts'

/**
 * The verdict on the certificate of an exchange, with what the store has by now: a certificate of our own
 * authority that is not known yet may have been issued a moment ago. Where the store has been away for too
 * long nobody can vouch for a certificate any more, since it may have been revoked meanwhile.
 */
export async function judgeCaller(
  { registry, catchUp, isStale }: Pick<GatewayParts, 'registry' | 'catchUp' | 'isStale'>,
  environment: GatewayEnvironment,
  { connection, now }: Exchange,
): Promise<Verdict> {
  const ask = () => decideVerdict(connection.presented, environment.name, registry, now)
  const verdict = ask()
  if (verdict.ok && isStale())
    return { ok: false, code: 'certificate_state_unknown', owner: verdict.certificate }
  if (verdict.ok || verdict.code !== 'certificate_not_registered') return verdict
  await catchUp()
  return ask()
}
