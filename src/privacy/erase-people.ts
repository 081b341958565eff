import type { Clock } from '../clock.ts'
import { toPseudonym } from '../shapes/erased-user.ts'
import type { ErasureStore } from './erasure-store.ts'
import { createReplacement, type PersonalTexts } from './personal-texts.ts'
import type { SweepStore } from './sweep-store.ts'

/** The dependencies of the work on erasures. */
export interface ErasingDependencies {
  erasures: ErasureStore
  sweep: SweepStore
  clock: Clock
}

/**
 * Creates the work on erasures that have begun: it goes on where it was interrupted, whichever process did that, and
 * several may work at the same time. Of two concurrent calls in one process the second gets the result of the first.
 */
export function createEraser(dependencies: ErasingDependencies): () => Promise<void> {
  let running: Promise<void> | undefined
  const run = async () => {
    const { erasures, clock } = dependencies
    const failures: unknown[] = []
    for (const { user_id: userId } of await erasures.listDue(clock.now()))
      try {
        await erase(dependencies, userId)
      } catch (error) {
        // One that fails must not hold up the others.
        failures.push(error)
        await erasures.postpone(userId, clock.now()).catch((cause) => failures.push(cause))
      }
    if (failures.length > 0) throw new AggregateError(failures, 'erasures failed')
  }
  return () => {
    running ??= run().finally(() => {
      running = undefined
    })
    return running
  }
}

/** Goes once through the tables and through the rows of the audit log that nobody has looked at yet. */
async function erase({ erasures, sweep, clock }: ErasingDependencies, userId: string): Promise<void> {
  const row = await erasures.find(userId)
  if (row === undefined || row.texts === null) return
  const texts = JSON.parse(row.texts) as PersonalTexts
  const replacement = createReplacement(texts, toPseudonym(userId))
  let place: Awaited<ReturnType<SweepStore['sweepOn']>> = { step: row.step, after_key: row.after_key }
  while (typeof place === 'object') place = await sweep.sweepOn(userId, place, { texts, replacement })
  if (place === 'overtaken') return
  let after: Awaited<ReturnType<ErasureStore['redactOn']>> = Number(row.audit_after)
  while (typeof after === 'number')
    after = await erasures.redactOn({ user_id: userId, audit_after: after }, replacement, clock.now())
  if (after === 'overtaken') return
  await erasures.endSweep(row, { now: clock.now(), isNeeded: await sweep.isNeeded(texts) })
}
