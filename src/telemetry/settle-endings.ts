import type { Clock } from '../clock.ts'
import type { EndingKind, EndingOutcome } from '../contract/lost-ending.ts'
import { PosternError } from '../errors.ts'
import type { KeptEnding, LostEndingStore } from './lost-ending-store.ts'
import { writeReturnLetters } from './return-letters.ts'

/**
 * Maximum number of entries per store epoch that are revoked or deleted on the report of gateways; operators
 * review the rest.
 */
const mostOfKind = 10_000

/** The dependencies of the settlement. */
export interface SettleParts {
  endings: LostEndingStore
  clock: Clock
  portalUrl: string
  /**
   * Revokes or deletes something again, or returns why it did not. Throws `not_found` for missing objects.
   */
  endAgain(ending: KeptEnding): Promise<EndingOutcome>
  /** Receives a failure that is retried. */
  onFailure(what: string, error: unknown): void
}

const told: readonly EndingKind[] = ['certificate_unknown', 'credential_unknown', 'credential_limited']

/**
 * Revokes or deletes again what gateways know to be revoked or deleted in a restored store, and reports it to
 * the operators. An entry that cannot be settled at the moment waits.
 */
export async function settleEndings(parts: SettleParts): Promise<void> {
  const settled: KeptEnding[] = []
  const { endings, clock, onFailure } = parts
  for (const ending of await endings.listWaiting()) {
    const outcome = await settleOne(parts, ending).catch((error) => onFailure('settle-ending', error))
    if (outcome === undefined) continue
    await endings.settle(ending, outcome, clock.now())
    settled.push({ ...ending, outcome })
  }
  if (settled.length === 0) return
  const letters = writeReturnLetters(settled, await endings.listOperators(), parts.portalUrl, clock.now())
  await endings.writeLetters(letters, clock.now())
}

async function settleOne({ endings, endAgain }: SettleParts, ending: KeptEnding): Promise<EndingOutcome> {
  const number = Number(/-(\d{4,15})$/.exec(ending.name)?.[1])
  if (ending.kind === 'certificate_unknown' && ending.organizationId !== null && Number.isSafeInteger(number))
    await endings.skipNumbers(ending.organizationId, number)
  if (told.includes(ending.kind)) return 'told'
  if ((await endings.countRestored(ending.epochId, ending.kind)) >= mostOfKind) return 'refused'
  try {
    return await endAgain(ending)
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    if (error.code === 'not_found' || error.code === 'certificate_wrong_state') return 'absent'
    if (error.code === 'issuer_still_signs') return 'refused'
    throw error
  }
}
