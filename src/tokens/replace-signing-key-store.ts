import { recordAudit } from '../audit/record-audit.ts'
import type { Actor } from '../shapes/actor.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import { maxClockLagMs, toText } from '../shapes/moment.ts'
import { recordChange } from '../storage/change-log.ts'
import type { Database, Tx } from '../storage/database.ts'
import { locks, takeLock } from '../storage/lock-order.ts'
import { assertOpens, insertKey, planOverlap, type SigningEnvironment } from './signing-key-store.ts'

/** How a signing key is replaced. Times are milliseconds since 1970. */
export interface Replacement {
  /** Whether the present keys end with their tokens, as after a compromise. */
  isImmediate: boolean
  actor: Actor
  now: number
}

/** What has become of the signing keys of an environment. */
export interface ReplacedKeys {
  /** False if a replacement was published already, and nothing was changed. */
  isNew: boolean
  signsFrom: number
  /** Until when tokens of the former keys are accepted. */
  acceptedUntil: number
}

/**
 * Replaces the signing key of an environment before its time: with the overlap of every other replacement, or so that
 * all present keys of the environment, also one that was published and does not sign yet, end at once with their tokens.
 * Throws `master_key_wrong` if the gateway key is not the one of the store; then nothing is changed.
 */
export async function replaceSigningKey(
  database: Database,
  environment: SigningEnvironment,
  gatewayKey: MasterKey,
  { isImmediate, actor, now }: Replacement,
): Promise<ReplacedKeys> {
  return database.transaction(async (tx) => {
    await takeLock(tx, locks.authority)
    // The clock of a gateway may be behind: one that ended a moment ago may be in use there.
    const keys = await listKeys(tx, environment.name, isImmediate ? now - maxClockLagMs : now)
    for (const key of keys) assertOpens(gatewayKey, key)
    const waiting = keys.find((key) => key.accepted_until === null && key.signs_from > now)
    if (waiting !== undefined && !isImmediate) {
      const ends = keys.map((key) => key.accepted_until ?? 0)
      return { isNew: false, signsFrom: waiting.signs_from, acceptedUntil: Math.max(now, ...ends) }
    }
    const present = keys.find((key) => key.accepted_until === null)
    // The clock of a gateway may be behind: it too has to sign with the new key and deny the former ones at once.
    const times = isImmediate
      ? { signsFrom: now - maxClockLagMs, acceptedUntil: now - maxClockLagMs }
      : planOverlap(environment, present, now)
    const ended = keys.filter((key) => isImmediate || key.accepted_until === null)
    for (const { id } of ended) {
      await tx
        .updateTable('signing_keys')
        .set({ accepted_until: times.acceptedUntil })
        .where('id', '=', id)
        .execute()
      await recordChange(tx, 'signing-key', id, now)
    }
    const id = await insertKey(tx, environment, gatewayKey, { now, signsFrom: times.signsFrom })
    const shown = isImmediate ? { signsFrom: now, acceptedUntil: now } : times
    await recordAudit(tx, toEntry({ environment, id, actor }, shown), now)
    return { isNew: true, ...shown }
  })
}

const listKeys = (tx: Tx, environment: string, now: number) =>
  tx
    .selectFrom('signing_keys')
    .selectAll()
    .where('environment', '=', environment)
    .where((e) => e.or([e('accepted_until', 'is', null), e('accepted_until', '>', now)]))
    .orderBy('signs_from', 'desc')
    .execute()

const toEntry = (
  { environment, id, actor }: { environment: SigningEnvironment; id: string; actor: Actor },
  { signsFrom, acceptedUntil }: Omit<ReplacedKeys, 'isNew'>,
) => ({
  ...{ actor, action: 'signing_key.replaced', organizationId: null },
  ...{ subjectKind: 'signing-key', subjectId: id },
  after: {
    ...{ environment: environment.name, algorithm: environment.tokenAlgorithm },
    ...{ signsFrom: toText(signsFrom), formerAcceptedUntil: toText(acceptedUntil) },
  },
})
