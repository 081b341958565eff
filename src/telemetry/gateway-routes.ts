import type { Clock } from '../clock.ts'
import {
  lostRevocationKindNames,
  lostRevocationOutcomeNames,
  restoreCauseNames,
} from '../contract/enum-names.ts'
import type { GatewayView } from '../contract/gateway.ts'
import type { StoreRestoreView } from '../contract/lost-revocation.ts'
import { PosternError } from '../errors.ts'
import type { Handlers } from '../http/handler.ts'
import { toText } from '../shapes/moment.ts'
import { describeReach, gatewayStateAt, silenceMs } from './describe-reach.ts'
import type { GatewayRecord, GatewayStore } from './gateway-store.ts'
import type { LostRevocationStore, StoreRestore } from './lost-revocation-store.ts'

const shownMs = 86_400_000
const shownStoppedMs = 600_000
const shownReturnsMs = 30 * 86_400_000

/** The dependencies of these routes. */
export interface GatewayRouteDependencies {
  gateways: GatewayStore
  endings: Pick<LostRevocationStore, 'listReturns'>
  clock: Clock
  /**
   * Returns when a certificate of the organization was revoked; null if it is not revoked. Throws
   * `not_found`.
   */
  readRevokedAt(organizationId: string, certificateId: string): Promise<number | null>
}

/** Returns the handlers for gateway processes, and for the effect of a revocation at each. */
export function gatewayRoutes({
  gateways,
  endings,
  clock,
  readRevokedAt,
}: GatewayRouteDependencies): Pick<Handlers, 'listGateways' | 'getCertificateRevocation'> {
  return {
    async listGateways() {
      const now = clock.now()
      const [records, latest, epoch, returns] = await Promise.all([
        gateways.list(now - shownMs),
        gateways.latestVersion(),
        gateways.findEpoch(),
        endings.listReturns(now - shownReturnsMs),
      ])
      const shown = records.filter(({ stoppedAt }) => stoppedAt === null || now - stoppedAt < shownStoppedMs)
      return {
        items: shown.map((record) => toView(record, { latest, epoch }, now)),
        storeRestores: returns.map(toRestoreView),
      }
    },
    async getCertificateRevocation({ organization, params, session }) {
      const revokedAt = await readRevokedAt(organization.id, params.certificateId)
      if (revokedAt === null) {
        throw new PosternError('certificate_wrong_state', 'This certificate is not revoked.')
      }
      const since = revokedAt - silenceMs
      const concerned = await gateways.listReached(params.certificateId, since)
      // Customers do not see the names of the provider's machines and processes.
      const nameOf = (gateway: GatewayRecord, number: number) =>
        session.operatorRole ? `${gateway.host}, process ${gateway.processId}` : `Gateway ${number}`
      return describeReach(concerned, revokedAt, clock.now(), nameOf)
    },
  }
}

function toView(
  record: GatewayRecord,
  { latest, epoch }: { latest: number; epoch: string },
  now: number,
): GatewayView {
  const { startedAt, seenAt, stoppedAt: _stoppedAt, epoch: toldIn, ...known } = record
  const { answers, waitingRecords, lagMilliseconds, ...rest } = known
  // A confirmation from a lost store epoch does not apply to the changes of this one.
  const isOfNow = toldIn === epoch && record.confirmedVersion <= latest
  const confirmedVersion = isOfNow ? record.confirmedVersion : 0
  return {
    ...rest,
    confirmedVersion,
    state: gatewayStateAt(record, now),
    startedAt: toText(startedAt),
    lastSeenAt: toText(seenAt),
    responses: answers,
    queuedRecords: waitingRecords,
    writeLagMilliseconds: lagMilliseconds,
    unconfirmedChanges: latest - confirmedVersion,
  }
}

const toRestoreView = ({ beganAt, cause, endings, ...rest }: StoreRestore): StoreRestoreView => ({
  ...rest,
  cause: restoreCauseNames.toName(cause),
  noticedAt: toText(beganAt),
  lostRevocations: endings.map(
    ({ kind, name, organizationSlug, environment, subjectId, detail, ...more }) => ({
      kind: lostRevocationKindNames.toName(kind),
      ...{ name, environment, organization: organizationSlug },
      // The hash of a secret is not exposed.
      subjectId: typeof detail.credentialId === 'string' ? detail.credentialId : subjectId,
      fingerprintSha256: typeof detail.fingerprint === 'string' ? detail.fingerprint : null,
      ...{ serialNumber: more.serialNumber, gateway: more.gateway },
      outcome: more.outcome && lostRevocationOutcomeNames.toName(more.outcome),
    }),
  ),
})
