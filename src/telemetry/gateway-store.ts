import { latestVersion } from '../storage/change-log.ts'
import type { Database } from '../storage/database.ts'
import { findEpoch } from '../storage/store-epoch.ts'

const day = 86_400_000
const keptMilliseconds = 30 * day

/** A gateway process as it last told of itself. Moments are milliseconds since 1970. */
export interface GatewayRecord {
  id: string
  host: string
  processId: number
  release: string
  startedAt: number
  seenAt: number
  stoppedAt: number | null
  confirmedVersion: number
  /** In which life of the store; empty where it has not told. */
  epoch: string
  /** By how much its clock is ahead of that of the store. */
  clockOffsetMilliseconds: number
  connections: number
  handshakes: number
  answers: number
  /** How far it was behind with writing, and what it could not write; see the contract. */
  lagMilliseconds: number
  waitingRecords: number
  droppedRecords: number
  rejectedRows: number
}

/** A gateway process and when it put a revocation in force; null where it has not told so. */
export interface EnforcingGateway extends GatewayRecord {
  enforcedAt: number | null
  closed: number
}

/** Reads what gateway processes told of themselves. */
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
    /** The newest version of the change log. */
    latestVersion: () => latestVersion(queries),

    /** The present life of the store; empty before the first start. */
    findEpoch: async (): Promise<string> => (await findEpoch(queries))?.id ?? '',

    /** The processes that were heard of after `since`, the oldest first. */
    list: (since: number): Promise<GatewayRecord[]> => gateways().where('seen_at', '>', since).execute(),

    /** The processes that were heard of after `since`, with what they told about one revocation. */
    listEnforcing: (certificateId: string, since: number): Promise<EnforcingGateway[]> =>
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

    /** Forgets processes that are long gone and have put no revocation in force. */
    async forgetGone(now: number): Promise<void> {
      await queries
        .deleteFrom('gateways')
        .where('seen_at', '<', now - keptMilliseconds)
        .where('id', 'not in', (e) => e.selectFrom('enforcements').select('gateway_id'))
        .execute()
    },
  }
}

export type GatewayStore = ReturnType<typeof createGatewayStore>
