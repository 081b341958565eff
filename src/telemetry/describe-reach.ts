import type { GatewayView, RevocationReachView } from '../contract/gateway.ts'
import { toText } from '../shapes/moment.ts'
import type { GatewayRecord, ReachedGateway } from './gateway-store.ts'

/** A process reports every five seconds; two reports may be lost. */
export const silenceMs = 15_000
const lateMs = 5000

/** Returns whether a process runs, should run but is not reporting, or has stopped. */
export function gatewayStateAt({ seenAt, stoppedAt }: GatewayRecord, now: number): GatewayView['state'] {
  if (stoppedAt !== null) return 'stopped'
  return now - seenAt > silenceMs ? 'not_reporting' : 'running'
}

/**
 * Returns how far a revocation has taken effect, at every gateway that ran at its time. A gateway that
 * started later has never accepted the certificate, and one that had stopped before needs no confirmation. A
 * process that is not reporting but has not stopped is included, since it may still accept the certificate.
 */
export function describeReach(
  all: readonly ReachedGateway[],
  revokedAt: number,
  now: number,
  nameOf: (gateway: GatewayRecord, number: number) => string,
): RevocationReachView {
  const concerned = all.filter(
    ({ startedAt, seenAt, stoppedAt, enforcedAt }) =>
      enforcedAt !== null ||
      (startedAt <= revokedAt &&
        (stoppedAt ?? Number.POSITIVE_INFINITY) > revokedAt &&
        seenAt > revokedAt - silenceMs),
  )
  const gateways = concerned.map((gateway, index) => {
    const { enforcedAt } = gateway
    const state = gatewayStateAt(gateway, now)
    const isOpen = enforcedAt === null && state !== 'stopped'
    return {
      name: nameOf(gateway, index + 1),
      state,
      confirmedAt: toText(enforcedAt),
      // The difference of two machines' clocks may exceed the measured time.
      durationMilliseconds: enforcedAt === null ? null : Math.max(0, enforcedAt - revokedAt),
      late: isOpen && now - revokedAt > lateMs,
    }
  })
  const isOpen = gateways.some(({ confirmedAt, state }) => confirmedAt === null && state !== 'stopped')
  return {
    revokedAt: toText(revokedAt),
    durationMilliseconds: isOpen
      ? null
      : Math.max(0, ...gateways.map(({ durationMilliseconds }) => durationMilliseconds ?? 0)),
    closedConnections: concerned.reduce((sum, { closed }) => sum + closed, 0),
    gateways,
  }
}
