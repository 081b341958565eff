import { Gauge, type Registry } from 'prom-client'
import type { Clock } from '../clock.ts'
import type { Database } from '../storage/database.ts'
import { readStoreClock } from '../storage/store-clock.ts'

/** A store that takes longer counts as one that does not answer. */
const patienceMs = 2000

/** Both metrics of one scrape come from the same query. */
const sharedMs = 500

/** Adds how long the store takes for the smallest query, and how far its clock is from this one. */
export function readStoreTimes(
  registry: Registry,
  { queries }: Pick<Database, 'queries'>,
  clock: Clock,
): void {
  const measure = async (): Promise<Record<'took' | 'ahead', number> | undefined> => {
    const begun = performance.now()
    const answered = await inTime(readStoreClock(queries))
    const took = (performance.now() - begun) / 1000
    return answered === undefined ? undefined : { took, ahead: (clock.now() - answered) / 1000 - took / 2 }
  }
  let measuring: ReturnType<typeof measure> | undefined
  let measuredAt = 0
  const measureOnce = () => {
    if (measuring === undefined || performance.now() - measuredAt > sharedMs) {
      measuredAt = performance.now()
      measuring = measure()
    }
    return measuring
  }
  const add = (name: string, help: string, member: 'took' | 'ahead') =>
    new Gauge({
      ...{ name, help, registers: [registry], aggregator: member === 'took' ? 'max' : 'average' },
      async collect() {
        const times = await measureOnce()
        if (times === undefined) this.remove()
        else this.set(times[member])
      },
    })
  add(
    'postern_store_response_seconds',
    'How long the store took for the smallest query just now; absent if it does not answer.',
    'took',
  )
  add(
    'postern_clock_offset_seconds',
    'How far the clock of this machine is ahead of that of the store.',
    'ahead',
  )
}

/** Returns undefined if `work` fails or takes too long. */
export async function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => resolve(undefined), patienceMs)
  try {
    return await Promise.race([work.catch(() => undefined), late])
  } finally {
    clearTimeout(timer)
  }
}
