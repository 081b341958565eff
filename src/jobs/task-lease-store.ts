import type { Database } from '../storage/database.ts'

/** Milliseconds; tests shorten them. */
export interface TaskLeaseTimes {
  /** Between two renewals of the holder, and between two looks of the others. */
  renew: number
  /** After this time without a successful renewal, the holder begins no further task. */
  giveUp: number
  /** After this time without an observed renewal, another takes the lease: later, by its own clock. */
  lost: number
}

/** Another portal begins the tasks of a dead one within ten seconds. */
const taskLeaseTimes: TaskLeaseTimes = { renew: 1000, giveUp: 4000, lost: 6000 }

const name = 'scheduled tasks'

/** Decides which portal of a deployment does the scheduled tasks. */
export interface TaskLease {
  /** Whether this process may begin a task. */
  isHeld(): boolean
  /** Takes part from now on; resolves after the first look, whatever it found. */
  start(): Promise<void>
  /** Gives the lease up, so that another process need not wait for it. */
  stop(): Promise<void>
}

interface Seen {
  holder: string
  beat: number
}

/**
 * Creates the part of one process, `self`, in the lease. The row has no times, so that clocks of different machines
 * need not agree: who renews changes the row, and who sees it unchanged for long enough by its own clock takes it. A
 * SQLite store has one portal at a time, which holds the lease always.
 */
export function createTaskLease(
  { queries, engine }: Pick<Database, 'queries' | 'engine'>,
  self: string,
  times: TaskLeaseTimes = taskLeaseTimes,
): TaskLease {
  let heldSince: number | undefined
  let seen: (Seen & { since: number }) | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  const renew = async (asked: number): Promise<void> => {
    const renewed = await queries
      .updateTable('task_leases')
      .set((e) => ({ beat: e('beat', '+', 1) }))
      .where('name', '=', name)
      .where('holder', '=', self)
      .returning('beat')
      .executeTakeFirst()
    heldSince = renewed && asked
  }
  const take = async ({ holder, beat }: Seen, asked: number): Promise<void> => {
    const taken = await queries
      .updateTable('task_leases')
      .set({ holder: self, beat: beat + 1 })
      .where('name', '=', name)
      .where('holder', '=', holder)
      .where('beat', '=', beat)
      .returning('beat')
      .executeTakeFirst()
    if (taken !== undefined) heldSince = asked
  }
  const look = async (): Promise<void> => {
    const asked = performance.now()
    if (heldSince !== undefined) return renew(asked)
    // Without an answer of the store the holder may not have reached it either.
    if (asked - lookedAt > times.renew * 2) seen = undefined
    await queries
      .insertInto('task_leases')
      .values({ name, holder: '', beat: 0 })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    const { holder, beat } = await queries
      .selectFrom('task_leases')
      .select(['holder', 'beat'])
      .where('name', '=', name)
      .executeTakeFirstOrThrow()
    lookedAt = performance.now()
    if (seen?.holder !== holder || seen.beat !== beat) seen = { holder, beat, since: lookedAt }
    if (holder === '' || asked - seen.since >= times.lost) await take(seen, asked)
  }
  const lookOnce = (): Promise<void> => {
    // The store is told of as missing by what needs it.
    looking ??= look()
      .catch(() => {})
      .finally(() => {
        looking = undefined
      })
    return looking
  }

  return {
    isHeld: () =>
      engine === 'sqlite' || (heldSince !== undefined && performance.now() - heldSince < times.giveUp),
    async start() {
      if (engine === 'sqlite') return
      timer = setInterval(() => void lookOnce(), times.renew)
      await lookOnce()
    },
    async stop() {
      clearInterval(timer)
      await looking
      if (heldSince === undefined) return
      heldSince = undefined
      await queries
        .updateTable('task_leases')
        .set((e) => ({ holder: '', beat: e('beat', '+', 1) }))
        .where('name', '=', name)
        .where('holder', '=', self)
        .execute()
        .catch(() => {})
    },
  }
}
