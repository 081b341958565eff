import type { EnforcementView, GatewayView } from '../contract/gateway.ts'
import { toText } from '../shapes/moment.ts'
import type { EnforcingGateway, GatewayRecord } from './gateway-store.ts'

/** A process tells of itself every five seconds; two may be lost. */
export const silenceMilliseconds = 15_000
const lateMilliseconds = 5000

/** Whether a process runs, should run and says nothing, or has ended. */
export function gatewayStateAt({ seenAt, stoppedAt }: GatewayRecord, now: number): GatewayView['state'] {
  if (stoppedAt !== null) return 'stopped'
  return now - seenAt > silenceMilliseconds ? 'silent' : 'running'
}

/**
 * How far a revocation is in force: at every gateway that ran when it came. One that started later has never
 * known the certificate as valid, one that had ended before it needs nothing. A process that stopped answering without
 * having ended counts, since nobody can say what it still lets in.
 */
export function describeEnforcement(
  all: readonly EnforcingGateway[],
  revokedAt: number,
  now: number,
  nameOf: (gateway: GatewayRecord, number: number) => string,
): EnforcementView {
  const concerned = all.filter(
    ({ startedAt, seenAt, stoppedAt, enforcedAt }) =>
      enforcedAt !== null ||
      (startedAt <= revokedAt &&
        (stoppedAt ?? Number.POSITIVE_INFINITY) > revokedAt &&
        seenAt > revokedAt - silenceMilliseconds),
  )
  const gateways = concerned.map((gateway, index) => {
    const { enforcedAt } = gateway
    const state = gatewayStateAt(gateway, now)
    const isOpen = enforcedAt === null && state !== 'stopped'
    return {
      name: nameOf(gateway, index + 1),
      state,
      enforcedAt: toText(enforcedAt),
      // Clocks of two machines may differ by more than it took.
      milliseconds: enforcedAt === null ? null : Math.max(0, enforcedAt - revokedAt),
      late: isOpen && now - revokedAt > lateMilliseconds,
    }
  })
  const isOpen = gateways.some(({ enforcedAt, state }) => enforcedAt === null && state !== 'stopped')
  return {
    revokedAt: toText(revokedAt),
    milliseconds: isOpen ? null : Math.max(0, ...gateways.map(({ milliseconds }) => milliseconds ?? 0)),
    connectionsClosed: concerned.reduce((sum, { closed }) => sum + closed, 0),
    gateways,
  }
}
