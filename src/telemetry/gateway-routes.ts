import type { Clock } from '../clock.ts'
import type { GatewayView } from '../contract/gateway.ts'
import { PosternError } from '../errors.ts'
import type { Handlers } from '../http/handler.ts'
import { describeEnforcement, gatewayStateAt, silenceMilliseconds } from './describe-enforcement.ts'
import type { GatewayRecord, GatewayStore } from './gateway-store.ts'

const shownMilliseconds = 86_400_000
const shownStoppedMilliseconds = 600_000

/** What these routes read. */
export interface GatewayRouteParts {
  gateways: GatewayStore
  clock: Clock
  /** When a certificate of the organization was revoked; null where it is not. Throws `not_found`. */
  readRevokedAt(organizationId: string, certificateId: string): Promise<number | null>
}

/** The gateway processes, and how far a revocation is in force at each. */
export function gatewayRoutes({
  gateways,
  clock,
  readRevokedAt,
}: GatewayRouteParts): Pick<Handlers, 'listGateways' | 'getEnforcement'> {
  return {
    async listGateways() {
      const now = clock.now()
      const [records, latest] = await Promise.all([
        gateways.list(now - shownMilliseconds),
        gateways.latestVersion(),
      ])
      const shown = records.filter(
        ({ stoppedAt }) => stoppedAt === null || now - stoppedAt < shownStoppedMilliseconds,
      )
      return { items: shown.map((record) => present(record, latest, now)) }
    },
    async getEnforcement({ organization, params, session }) {
      const revokedAt = await readRevokedAt(organization.id, params.certificateId)
      if (revokedAt === null) {
        throw new PosternError('certificate_wrong_state', 'This certificate is not revoked.')
      }
      const since = revokedAt - silenceMilliseconds
      const concerned = await gateways.listEnforcing(params.certificateId, since)
      // Machines and processes of the provider are no business of its customers.
      const nameOf = (gateway: GatewayRecord, number: number) =>
        session.operator ? `${gateway.host}, process ${gateway.processId}` : `Gateway ${number}`
      return describeEnforcement(concerned, revokedAt, clock.now(), nameOf)
    },
  }
}

function present(record: GatewayRecord, latest: number, now: number): GatewayView {
  const { startedAt, seenAt, stoppedAt: _stoppedAt, ...rest } = record
  return {
    ...rest,
    state: gatewayStateAt(record, now),
    startedAt: new Date(startedAt).toISOString(),
    seenAt: new Date(seenAt).toISOString(),
    changesBehind: Math.max(0, latest - record.confirmedVersion),
  }
}
