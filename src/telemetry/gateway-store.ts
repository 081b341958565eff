import { latestVersion } from '../storage/change-log.ts'
import type { Database } from '../storage/database.ts'
import { findEpoch } from '../storage/store-epoch.ts'

const day = 86_400_000
const keptMs = 30 * day

/** The last report of a gateway process. Times are milliseconds since 1970. */
export interface GatewayRecord {
  id: string
  host: string
  processId: number
  release: string
  startedAt: number
  seenAt: number
  stoppedAt: number | null
  confirmedVersion: number
  /** The store epoch; empty if it has not reported one. */
  epoch: string
  /** How far its clock is ahead of the store's. */
  clockOffsetMilliseconds: number
  connections: number
  handshakes: number
  answers: number
  /** Its write lag, and the records it could not write; see the contract. */
  lagMilliseconds: number
  waitingRecords: number
  droppedRecords: number
  rejectedRows: number
}

/** A gateway process and when it applied a revocation; null without a confirmation. */
export interface ReachedGateway extends GatewayRecord {
  enforcedAt: number | null
  closed: number
}

/** Creates the store that reads the reports of gateway processes. */
export function createGatewayStore({ queries }: Database) {
  const gateways = () =>
    queries
      .selectFrom('gateways')
      .select([
        'gateways.id as id',
        'host',
        'process_id as processId',
        'release',
        'started_at as startedAt',
        'seen_at as seenAt',
        'stopped_at as stoppedAt',
        'confirmed_version as confirmedVersion',
        'epoch',
        'clock_offset_milliseconds as clockOffsetMilliseconds',
        'gateways.connections as connections',
        'handshakes',
        'answers',
        'lag_milliseconds as lagMilliseconds',
        'waiting_records as waitingRecords',
        'dropped_records as droppedRecords',
        'rejected_rows as rejectedRows',
      ])
      .orderBy('started_at')
      .orderBy('id')

  return {
    /** Returns the latest version of the change log. */
    latestVersion: () => latestVersion(queries),

    /** Returns the present epoch of the store; empty before the first start. */
    findEpoch: async (): Promise<string> => (await findEpoch(queries))?.id ?? '',

    /** Lists the processes that reported after `since`, the oldest first. */
    list: (since: number): Promise<GatewayRecord[]> => gateways().where('seen_at', '>', since).execute(),

    /** Lists the processes that reported after `since`, with their confirmations of one revocation. */
    listReached: (certificateId: string, since: number): Promise<ReachedGateway[]> =>
      gateways()
        .leftJoin('enforcements', (join) =>
          join.onRef('gateway_id', '=', 'gateways.id').on('certificate_id', '=', certificateId),
        )
        .select((e) => [
          'enforcements.at as enforcedAt',
          e.fn.coalesce('enforcements.connections', e.val(0)).as('closed'),
        ])
        .where('seen_at', '>', since)
        .execute(),

    /** Deletes processes that stopped long ago and have applied no revocation. */
    async forgetGone(now: number): Promise<void> {
      await queries
        .deleteFrom('gateways')
        .where('seen_at', '<', now - keptMs)
        .where('id', 'not in', (e) => e.selectFrom('enforcements').select('gateway_id'))
        .execute()
    },
  }
}

export type GatewayStore = ReturnType<typeof createGatewayStore>
