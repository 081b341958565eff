import type {
  ConfirmedRevocation,
  GatewayStatus,
  ProvenKey,
  RejectedRows,
  UsageBatch,
} from '../../contract/usage-batch.ts'
import type { TelemetryReport } from '../log/report-telemetry.ts'
import { createDenialCounter } from './count-denials.ts'
import { type CertificateOwner, createOrganizationUseCounter } from './count-organization-use.ts'
import { createReadinessCounter } from './count-readiness.ts'
import { createUseCounter } from './count-use.ts'
import type { Observation } from './observation.ts'
import { createRecordShelves } from './shelve-records.ts'

const flushMs = 500
const heartbeatMs = 5000

/** What the recorder writes with. */
export interface UsageRecorderDependencies {
  /** The identity of this process. */
  gateway: Pick<GatewayStatus, 'id' | 'host' | 'release'>
  /** Of this moment. */
  count(): Pick<GatewayStatus, 'connections' | 'handshakes'>
  clock: { now(): number }
  /** Creates the ID of a new event at that time. */
  newId(at: number): string
  /** Removes from an event what must not be recorded. */
  toRecorded(seen: Observation): Observation
  /** Receives each event as it is recorded; undefined if nobody does. */
  onRecorded?: ((event: Observation) => void) | undefined
  /** Returns the rows that the store has rejected; throws if nothing was written. */
  write(batch: UsageBatch): Promise<readonly RejectedRows[]>
  report: TelemetryReport
}

/**
 * Counts in memory and delivers a batch twice per second. A batch that could not be written is sent again,
 * with the current state of the gateway. While the store is unavailable, counters continue and the latest
 * events are kept.
 */
export function createUsageRecorder(dependencies: UsageRecorderDependencies) {
  const { gateway, count, clock, newId, toRecorded, onRecorded, write, report } = dependencies
  const startedAt = clock.now()
  let pending = createPending(newId)
  let enforcements: ConfirmedRevocation[] = []
  /** What is being written, and since when it waits. */
  let unwritten: { batch: UsageBatch; since: number } | undefined
  let confirmedVersion = 0
  let epoch = ''
  let writtenVersion = -1
  let writtenAt = 0
  let writing: Promise<void> | undefined
  let droppedRecords = 0
  let rejectedRows = 0
  let answers = 0
  let batches = 0

  const standing = (now: number): GatewayStatus => {
    const waiting = unwritten === undefined ? 0 : unwritten.batch.records.length + pending.count()
    return {
      ...{
        ...gateway,
        processId: process.pid,
        startedAt,
        seenAt: now,
        confirmedVersion,
        epoch,
        answers,
        ...count(),
      },
      ...{ lagMilliseconds: Math.max(0, now - (unwritten?.since ?? now)), waitingRecords: waiting },
      ...{ droppedRecords, rejectedRows },
    }
  }
  /**
   * Returns the same batch again if it could not be written, otherwise the next one; undefined if there is
   * none.
   */
  const nextBatch = (): UsageBatch | undefined => {
    const now = clock.now()
    if (unwritten === undefined) {
      const isDue = confirmedVersion !== writtenVersion || now - writtenAt >= heartbeatMs
      if (pending.isEmpty() && enforcements.length === 0 && !isDue) return undefined
      const taken = pending.take()
      pending = createPending(newId)
      batches += 1
      const batch = { number: batches, gateway: standing(now), ...taken, enforcements: [] }
      unwritten = { batch, since: now }
    }
    const { batch } = unwritten
    // The confirmed version is sent with the first batch that is written, even if its rows are older.
    unwritten.batch = {
      ...batch,
      gateway: standing(now),
      enforcements: [...batch.enforcements, ...enforcements],
    }
    enforcements = []
    return unwritten.batch
  }
  const flush = async (): Promise<void> => {
    do {
      const batch = nextBatch()
      if (batch === undefined) return
      const rejected = await write(batch)
      rejectedRows += rejected.reduce((sum, each) => sum + each.count, 0)
      report.rejected(rejected)
      writtenVersion = batch.gateway.confirmedVersion
      writtenAt = clock.now()
      unwritten = undefined
      // A confirmation that arrived during a write does not wait for the next tick.
    } while (confirmedVersion !== writtenVersion)
  }
  const flushOnce = (): Promise<void> => {
    writing ??= flush()
      // The batch is kept and retried at the next tick.
      .catch((error: unknown) => report.failed(error, standing(clock.now())))
      .finally(() => {
        writing = undefined
      })
    return writing
  }
  const timer = setInterval(flushOnce, flushMs)

  return {
    record(observation: Observation): void {
      if (observation.kind !== 'connection') answers += 1
      const recorded = toRecorded(observation)
      onRecorded?.(recorded)
      const dropped = pending.add(recorded)
      if (dropped === 0) return
      droppedRecords += dropped
      report.dropped(dropped)
    },
    /** Counts a handshake with a known certificate; `at` in milliseconds since 1970. */
    handshake(certificate: { id: string } & CertificateOwner, at: number): void {
      pending.handshake(certificate, at)
    },
    /** Records that a revocation is applied here; written with the next confirmation. */
    enforce(enforcement: ConfirmedRevocation): void {
      enforcements.push(enforcement)
    },
    /** Records a proof of possession: one per registration. */
    prove(proof: ProvenKey): void {
      pending.prove(proof)
    },
    /** Sets the epoch of the store for all further confirmations; earlier ones are discarded. */
    enterEpoch(id: string): void {
      if (epoch === id) return
      epoch = id
      confirmedVersion = 0
    },
    /** Immediately reports to the store that every change up to `version` is applied here. */
    confirm(version: number): void {
      confirmedVersion = version
      void flushOnce()
    },
    /** Writes all pending data, as far as the store accepts it. */
    async close(): Promise<void> {
      clearInterval(timer)
      await flushOnce()
      await flushOnce()
    },
  }
}

export type UsageRecorder = ReturnType<typeof createUsageRecorder>

function createPending(newId: UsageRecorderDependencies['newId']) {
  const records = createRecordShelves()
  const use = createUseCounter()
  const organizations = createOrganizationUseCounter()
  const readinessCounter = createReadinessCounter()
  const denials = createDenialCounter()
  const credentials = new Map<string, number>()
  const provenKeys = new Map<string, ProvenKey>()

  return {
    isEmpty: () => records.count() === 0 && provenKeys.size === 0 && use.isEmpty(),
    count: records.count,
    handshake(certificate: { id: string } & CertificateOwner, at: number): void {
      use.countHandshake(certificate.id, at)
      organizations.countHandshake(certificate, at)
    },
    prove: (proof: ProvenKey) => void provenKeys.set(proof.registrationId, proof),
    /** Returns how many events had to be dropped. */
    add(record: Observation): number {
      if (record.outcome === 'refused') denials.count(record)
      organizations.count(record)
      if (record.readiness !== undefined) readinessCounter.count(record.readiness, record)
      if (record.certificateId !== null) use.count(record.certificateId, record, record.accepted)
      if (record.credentialId !== null && record.outcome === 'ok')
        credentials.set(record.credentialId, record.at)
      return records.add(record)
    },
    take() {
      return {
        // Only few of many events are kept, so an ID is only created for those.
        records: records.list().map(({ accepted: _, readiness: __, issuedToken: ___, ...record }) => ({
          id: newId(record.at),
          ...record,
        })),
        ...use.take(),
        organizations: organizations.take(),
        credentials: [...credentials].map(([credentialId, lastUsedAt]) => ({ credentialId, lastUsedAt })),
        refusals: denials.take(),
        readiness: readinessCounter.take(),
        provenKeys: [...provenKeys.values()],
      }
    },
  }
}
