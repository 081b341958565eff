import { createHmac } from 'node:crypto'
import type { Database, Tx } from '../storage/database.ts'
import { locks, takeLock } from '../storage/lock-order.ts'
import { quiet } from '../storage/transact.ts'
import { type AttemptCounter, type CountedKey, createLocalAttempts } from './count-attempts.ts'
import { addFailure, type Failures, forgottenAt, millisecondsLeft, withoutOne } from './pace-attempts.ts'

/** How long this process refuses by what it has read, without reading again. */
const trustMs = 1000
/** Attempts that one transaction counts; the others wait for the next one. */
const maxAtOnce = 500
/** Rows that stay; those that were changed the longest time ago go first. */
const maxRows = 30_000
const maxKnown = 10_000

/** A key as the store has it. */
interface StoredKey extends CountedKey {
  subject: string
}

/** What the store has of the keys of a batch; undefined without failures. */
type State = Map<string, Failures | undefined>

interface Waiting {
  keys: readonly StoredKey[]
  /** Changes the state, and returns the milliseconds that an attempt has to wait. */
  apply(state: State): number
  resolve(left: number): void
  reject(error: unknown): void
}

/** The attempts of all portals of a deployment. */
export interface SharedAttempts extends AttemptCounter {
  /** Deletes failures that count no more, and the oldest where there are too many. */
  forgetOld(now: number): Promise<void>
}

/**
 * Creates the counter that all portals share through the store, exactly: each attempt is counted before it begins, so
 * that a second portal gives nobody a second number of free attempts. All attempts that come during a transaction are
 * counted by the next one, a refused one is not asked about again for a second, and while the store is away this
 * process counts alone. `secret` keys the names of accounts and addresses, which the rows do not have.
 */
export function createSharedAttempts(database: Database, secret: string): SharedAttempts {
  const local = createLocalAttempts()
  const closed = createClosedKeys()
  const run = createBatches(database)
  const toStored = <Key extends CountedKey>(key: Key): Key & StoredKey => ({
    ...key,
    subject: createHmac('sha256', secret)
      .update(`attempts\n${key.limit.name}\n${key.key}`)
      .digest('base64url'),
  })

  return {
    async begin(given, now) {
      const keys = given.map(toStored)
      const known = closed.millisecondsLeft(keys, now)
      if (known > 0) return known
      let waits: Waits = []
      const apply = (state: State): number => {
        waits = findWaits(state, keys, now)
        if (waits.length === 0)
          for (const { limit, subject } of keys)
            state.set(subject, addFailure(limit, state.get(subject), now))
        return Math.max(0, ...waits.map(([, left]) => left))
      }
      try {
        const left = await run(keys, apply)
        if (left === 0) local.count(given, now)
        closed.add(waits, now)
        return left
      } catch {
        return local.begin(given, now)
      }
    },
    async end(given, now) {
      const keys = given.map(toStored)
      await local.end(given, now)
      const apply = (state: State): number => {
        for (const { subject, end } of keys) {
          const found = state.get(subject)
          if (found === undefined) continue
          if (end === 'failed') state.set(subject, { ...found, at: now })
          else state.set(subject, end === 'forgotten' ? undefined : withoutOne(found))
        }
        return 0
      }
      // Counted as failed, it is forgotten in time.
      await run(keys, apply).catch(() => {})
      closed.delete(keys.filter(({ end }) => end === 'forgotten'))
    },
    async forgetOld(now) {
      const { queries } = database
      await queries.deleteFrom('failed_attempts').where('over_at', '<', now).execute()
      await queries
        .deleteFrom('failed_attempts')
        .where('subject', 'in', (e) =>
          e
            .selectFrom('failed_attempts')
            .select('subject')
            // What costs a stranger little, and is over soon, displaces nothing that lasts.
            .orderBy('over_at', 'desc')
            .orderBy('subject')
            // SQLite has no offset without a limit.
            .limit(1_000_000)
            .offset(maxRows),
        )
        .execute()
    },
  }
}

/** The keys under which an attempt has to wait, and how long. */
type Waits = [subject: string, milliseconds: number][]

const findWaits = (state: State, keys: readonly StoredKey[], now: number): Waits =>
  keys
    .map(({ limit, subject }): Waits[number] => [subject, millisecondsLeft(limit, state.get(subject), now)])
    .filter(([, left]) => left > 0)

/** Remembers for a moment which keys are to wait: who goes on trying costs the store nothing. */
function createClosedKeys() {
  const entries = new Map<string, { until: number; readAt: number }>()
  return {
    millisecondsLeft(keys: readonly StoredKey[], now: number): number {
      let left = 0
      for (const { subject } of keys) {
        const { until = 0, readAt = 0 } = entries.get(subject) ?? {}
        if (now < until && now >= readAt && now - readAt < trustMs) left = Math.max(left, until - now)
      }
      return left
    },
    add(waits: Waits, now: number): void {
      for (const [subject, left] of waits) {
        entries.delete(subject)
        entries.set(subject, { until: now + left, readAt: now })
        if (entries.size > maxKnown) entries.delete(entries.keys().next().value ?? '')
      }
    },
    delete(keys: readonly StoredKey[]): void {
      for (const { subject } of keys) entries.delete(subject)
    },
  }
}

/** Returns a function that applies changes one transaction after the other, each with all that have come meanwhile. */
function createBatches(database: Database) {
  const waiting: Waiting[] = []
  let isRunning = false
  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, maxAtOnce)
      try {
        const results = await database.transaction((tx) => applyAll(tx, batch), quiet)
        for (const [index, one] of batch.entries()) one.resolve(results[index] ?? 0)
      } catch (error) {
        for (const one of batch) one.reject(error)
      }
    }
    isRunning = false
  }
  return (keys: readonly StoredKey[], apply: Waiting['apply']): Promise<number> =>
    new Promise((resolve, reject) => {
      waiting.push({ keys, apply, resolve, reject })
      if (isRunning) return
      isRunning = true
      void work()
    })
}

/** Reads the rows of a batch, applies its changes in order, and writes the rows that they have changed. */
async function applyAll(tx: Tx, batch: readonly Waiting[]): Promise<number[]> {
  await takeLock(tx, locks.attempts)
  const keys = new Map(batch.flatMap((one) => one.keys.map((key) => [key.subject, key] as const)))
  const rows = await tx
    .selectFrom('failed_attempts')
    .select(['subject', 'failures', 'at'])
    .where('subject', 'in', [...keys.keys()])
    .execute()
  const before: State = new Map(rows.map(({ subject, failures, at }) => [subject, { failures, at }]))
  const state: State = new Map(before)
  const results = batch.map((one) => one.apply(state))
  const changed = [...state].filter(([subject, now]) => now !== before.get(subject))
  const values = changed.flatMap(([subject, found]) => {
    const key = keys.get(subject)
    return found === undefined || key === undefined
      ? []
      : [{ subject, ...found, over_at: forgottenAt(key.limit, found) }]
  })
  if (values.length > 0)
    await tx
      .insertInto('failed_attempts')
      .values(values)
      .onConflict((conflict) =>
        conflict.column('subject').doUpdateSet((e) => ({
          failures: e.ref('excluded.failures'),
          at: e.ref('excluded.at'),
          over_at: e.ref('excluded.over_at'),
        })),
      )
      .execute()
  const gone = changed.flatMap(([subject, found]) =>
    found === undefined && before.has(subject) ? [subject] : [],
  )
  if (gone.length > 0) await tx.deleteFrom('failed_attempts').where('subject', 'in', gone).execute()
  return results
}
