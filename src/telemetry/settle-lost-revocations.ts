import type { Clock } from '../clock.ts'
import type { LostRevocationKind, LostRevocationOutcome } from '../contract/lost-revocation.ts'
import { PosternError } from '../errors.ts'
import type { LostRevocationStore, StoredLostRevocation } from './lost-revocation-store.ts'
import { writeRestoreEmails } from './restore-emails.ts'

/**
 * Maximum number of entries per store epoch that are revoked or deleted on the report of gateways; operators
 * review the rest.
 */
const maxOfKind = 10_000

/** The dependencies of the settlement. */
export interface SettleDependencies {
  endings: LostRevocationStore
  clock: Clock
  portalUrl: string
  /**
   * Revokes or deletes something again, or returns why it did not. Throws `not_found` for missing objects.
   */
  endAgain(ending: StoredLostRevocation): Promise<LostRevocationOutcome>
  /** Receives a failure that is retried. */
  onFailure(what: string, error: unknown): void
}

const told: readonly LostRevocationKind[] = [
  'certificate_unknown',
  'credential_unknown',
  'credential_limited',
]

/** Codes for what is not there, or is as it should be. */
const absent: ReadonlySet<string> = new Set([
  'not_found',
  'certificate_wrong_state',
  'organization_wrong_state',
])

/**
 * Revokes or deletes again what gateways know to be revoked or deleted in a restored store, and reports it to
 * the operators. An entry that cannot be settled at the moment waits.
 */
export async function settleLostRevocations(dependencies: SettleDependencies): Promise<void> {
  const settled: StoredLostRevocation[] = []
  const { endings, clock, onFailure } = dependencies
  for (const ending of await endings.listWaiting()) {
    const outcome = await settleOne(dependencies, ending).catch((error) => onFailure('settle-ending', error))
    if (outcome === undefined) continue
    await endings.settle(ending, outcome, clock.now())
    settled.push({ ...ending, outcome })
  }
  if (settled.length === 0) return
  const emails = writeRestoreEmails(
    settled,
    await endings.listOperators(),
    dependencies.portalUrl,
    clock.now(),
  )
  await endings.writeEmails(emails, clock.now())
}

async function settleOne(
  { endings, endAgain }: SettleDependencies,
  ending: StoredLostRevocation,
): Promise<LostRevocationOutcome> {
  const number = Number(/-(\d{4,15})$/.exec(ending.name)?.[1])
  if (ending.kind === 'certificate_unknown' && ending.organizationId !== null && Number.isSafeInteger(number))
    await endings.skipNumbers(ending.organizationId, number)
  if (told.includes(ending.kind)) return 'told'
  if ((await endings.countRestored(ending.epochId, ending.kind)) >= maxOfKind) return 'refused'
  try {
    return await endAgain(ending)
  } catch (error) {
    if (!(error instanceof PosternError)) throw error
    if (absent.has(error.code)) return 'absent'
    if (error.code === 'issuer_still_signs') return 'refused'
    throw error
  }
}
