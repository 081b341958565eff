import type {
  ActivityRecord,
  Enforcement,
  GatewayStanding,
  ProvenKey,
  UsageBatch,
} from '../contract/usage-batch.ts'
import { createReadinessCounter } from './count-readiness.ts'
import { createRefusalCounter } from './count-refusals.ts'
import { createUseCounter } from './count-use.ts'
import type { Readiness } from './exchange.ts'

const flushMilliseconds = 500
const heartbeatMilliseconds = 5000
/** More of one certificate are not kept in the store either. */
const mostPerCertificate = 200
const mostRecords = 20_000
const mostProvenKeys = 100

/** Something seen, and whether the certificate was let in (also where the token was then refused). */
export interface Observation extends Omit<ActivityRecord, 'id'> {
  accepted: boolean
  /** What is counted for the readiness of its organization. */
  readiness?: Readiness | undefined
}

/** What telemetry writes with. */
export interface TelemetryParts {
  /** Who this process is. */
  gateway: Pick<GatewayStanding, 'id' | 'host' | 'release'>
  /** Of this moment. */
  count(): Pick<GatewayStanding, 'connections' | 'handshakes'>
  clock: { now(): number }
  /** A name for a new row of the activity of that moment. */
  newId(at: number): string
  write(batch: UsageBatch): Promise<void>
}

/**
 * Counts in memory and hands over a batch twice a second. A batch that could not be written is
 * sent again as it is. While the store is away counters go on, and of the rows the newest are kept.
 */
export function createTelemetry({ gateway, count, clock, newId, write }: TelemetryParts) {
  const startedAt = clock.now()
  let pending = createPending(newId)
  let unwritten: UsageBatch | undefined
  let confirmedVersion = 0
  let writtenVersion = -1
  let writtenAt = 0
  let writing: Promise<void> | undefined
  let dropped = 0
  let answers = 0
  let batches = 0

  const nextBatch = (): UsageBatch | undefined => {
    const now = clock.now()
    const isDue = confirmedVersion !== writtenVersion || now - writtenAt >= heartbeatMilliseconds
    if (pending.isEmpty() && !isDue) return undefined
    const taken = pending.take()
    pending = createPending(newId)
    const standing = { processId: process.pid, startedAt, seenAt: now, confirmedVersion, answers, ...count() }
    batches += 1
    return { number: batches, gateway: { ...gateway, ...standing }, ...taken }
  }
  const flush = async (): Promise<void> => {
    do {
      unwritten ??= nextBatch()
      if (unwritten === undefined) return
      await write(unwritten)
      writtenVersion = unwritten.gateway.confirmedVersion
      writtenAt = clock.now()
      unwritten = undefined
      // A confirmation that came while it was written does not wait for the next tick.
    } while (confirmedVersion !== writtenVersion)
  }
  const flushOnce = (): Promise<void> => {
    writing ??= flush()
      // The batch is kept and tried again at the next tick.
      .catch(() => {})
      .finally(() => {
        writing = undefined
      })
    return writing
  }
  const timer = setInterval(flushOnce, flushMilliseconds)

  return {
    record(observation: Observation): void {
      if (observation.kind !== 'connection') answers += 1
      dropped += pending.add(observation)
    },
    /** Counts a handshake with a known certificate; `at` in milliseconds since 1970. */
    handshake(certificateId: string, at: number): void {
      pending.handshake(certificateId, at)
    },
    /** Keeps that a revocation is in force here; written with the confirmation that follows. */
    enforce(enforcement: Enforcement): void {
      pending.enforce(enforcement)
    },
    /** Keeps that a key has been proven; false where a batch has no room for more. */
    prove: (proof: ProvenKey): boolean => pending.prove(proof),
    /** Tells the store at once that every change up to `version` is in force here. */
    confirm(version: number): void {
      confirmedVersion = version
      void flushOnce()
    },
    /** Rows that were not kept since there were too many; the counters know of them. */
    droppedRecords: () => dropped,
    /** Writes what is there, as far as the store takes it. */
    async close(): Promise<void> {
      clearInterval(timer)
      await flushOnce()
      await flushOnce()
    },
  }
}

function createPending(newId: TelemetryParts['newId']) {
  const records = new Map<string, Observation[]>()
  const use = createUseCounter()
  const readinessCounter = createReadinessCounter()
  const refusals = createRefusalCounter()
  const credentials = new Map<string, number>()
  const enforcements: Enforcement[] = []
  const provenKeys = new Map<string, ProvenKey>()
  let count = 0

  const keep = (record: Observation): number => {
    const key = record.certificateId ?? ''
    const own = records.get(key) ?? []
    records.set(key, own)
    own.push(record)
    count += 1
    const crowded = own.length > mostPerCertificate ? own : count > mostRecords ? firstOf(records) : undefined
    if (crowded === undefined) return 0
    crowded.shift()
    count -= 1
    return 1
  }

  return {
    isEmpty: () => count === 0 && enforcements.length === 0 && provenKeys.size === 0 && use.isEmpty(),
    handshake: use.countHandshake,
    enforce: (enforcement: Enforcement) => void enforcements.push(enforcement),
    prove(proof: ProvenKey): boolean {
      // By certificate too: nobody can displace the proof of somebody else.
      const key = `${proof.registrationId} ${proof.fingerprintSha256}`
      if (!provenKeys.has(key) && provenKeys.size >= mostProvenKeys) return false
      provenKeys.set(key, proof)
      return true
    },
    /** Gives how many rows had to make room. */
    add(record: Observation): number {
      if (record.outcome === 'refused') refusals.count(record)
      if (record.readiness !== undefined) readinessCounter.count(record.readiness, record)
      if (record.certificateId !== null) use.count(record.certificateId, record, record.accepted)
      if (record.credentialId !== null && record.outcome === 'ok')
        credentials.set(record.credentialId, record.at)
      return keep(record)
    },
    take() {
      return {
        records: [...records.values()]
          .flat()
          .sort((a, b) => a.at - b.at)
          // Few of many calls are kept, so that only those are given a name.
          .map(({ accepted: _, readiness: __, ...record }) => ({ id: newId(record.at), ...record })),
        ...use.take(),
        credentials: [...credentials].map(([credentialId, lastUsedAt]) => ({ credentialId, lastUsedAt })),
        refusals: refusals.take(),
        readiness: readinessCounter.take(),
        enforcements,
        provenKeys: [...provenKeys.values()],
      }
    },
  }
}

function firstOf(records: Map<string, Observation[]>): Observation[] | undefined {
  for (const own of records.values()) if (own.length > 0) return own
  return undefined
}
