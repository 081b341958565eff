import type { Clock } from '../clock.ts'
import type { AccessEvent, AccessKind } from '../shapes/access.ts'
import { type Actor, systemActor } from '../shapes/actor.ts'
import { toText } from '../shapes/moment.ts'
import type { Database } from '../storage/database.ts'
import { type AuditEntry, recordAudit } from './record-audit.ts'

/** The events of an account since the last row. */
interface Sum {
  kind: AccessKind
  account: AccessEvent['account'] | 'others'
  count: number
  from: number
  until: number
  addresses: Set<string>
  /** Events from addresses beyond those. */
  elsewhere: number
  operations: Map<string, number>
  certificates: Set<string>
}

/** Maximum number of rows of one kind per minute; the events of further accounts are summed in one more. */
const maxAccounts = 100
const maxAddresses = 5
const maxCertificates = 20
/** Rows per transaction, so that other changes run between two. */
const rowsAtOnce = 20

/** Sums failed sign-ins, denials and downloads, and writes them to the audit log. */
export interface AccessSummary {
  note(event: AccessEvent): void
  /**
   * Writes a row for each account and kind, and resets the sums. Sums that could not be written are added to
   * the next.
   */
  flush(): Promise<void>
}

/**
 * Creates sums in memory, so that guessing neither fills the audit log nor delays a change: at most 100
 * accounts of a kind get a row of their own per minute, and all unknown ones share one. A killed process
 * loses the sums of its last minute.
 */
export function createAccessSummary({
  database,
  clock,
}: {
  database: Database
  clock: Clock
}): AccessSummary {
  let sums = new Map<string, Sum>()

  const find = ({ kind, account }: AccessEvent, now: number): Sum => {
    const key = `${kind} ${account?.id ?? ''}`
    const present = sums.get(key)
    if (present !== undefined) return present
    const isFull = account !== undefined && countOf(sums, kind) >= maxAccounts
    const others = isFull ? sums.get(`${kind} others`) : undefined
    if (others !== undefined) return others
    const sum = begin(kind, isFull ? 'others' : account, now)
    sums.set(isFull ? `${kind} others` : key, sum)
    return sum
  }

  return {
    note(event) {
      const now = clock.now()
      addEvent(find(event, now), event, now)
    },
    async flush() {
      const waiting = [...sums]
      sums = new Map()
      while (waiting.length > 0) {
        const part = waiting.slice(0, rowsAtOnce)
        try {
          await database.transaction(async (tx) => {
            for (const [, sum] of part) await recordAudit(tx, toEntry(sum), clock.now())
          })
        } catch (error) {
          for (const [key, sum] of waiting) sums.set(key, merge(sum, sums.get(key)))
          throw error
        }
        waiting.splice(0, part.length)
      }
    },
  }
}

const countOf = (sums: ReadonlyMap<string, Sum>, kind: AccessKind): number =>
  [...sums.values()].filter((sum) => sum.kind === kind).length

function begin(kind: AccessKind, account: Sum['account'], now: number): Sum {
  const empty = { count: 0, elsewhere: 0, from: now, until: now }
  const lists = { addresses: new Set<string>(), operations: new Map(), certificates: new Set<string>() }
  return { kind, account, ...empty, ...lists }
}

function addEvent(sum: Sum, { origin, operation, certificateId }: AccessEvent, now: number): void {
  sum.count += 1
  sum.until = now
  if (sum.addresses.has(origin) || sum.addresses.size < maxAddresses) sum.addresses.add(origin)
  else sum.elsewhere += 1
  sum.operations.set(operation, (sum.operations.get(operation) ?? 0) + 1)
  if (certificateId !== undefined && sum.certificates.size < maxCertificates)
    sum.certificates.add(certificateId)
}

/** Returns the combined sum; the lists are those of the older one. */
function merge(older: Sum, newer: Sum | undefined): Sum {
  if (newer === undefined) return older
  for (const [operation, count] of newer.operations)
    older.operations.set(operation, (older.operations.get(operation) ?? 0) + count)
  const { count, elsewhere } = older
  return { ...older, until: newer.until, count: count + newer.count, elsewhere: elsewhere + newer.elsewhere }
}

function toEntry(sum: Sum): AuditEntry {
  const { kind, account, count, from, until, addresses, elsewhere, operations, certificates } = sum
  const [origin = 'internal'] = addresses
  const isKnown = account !== undefined && account !== 'others'
  const actor: Actor = isKnown ? { kind: 'person', ...account, origin } : systemActor('portal')
  const subjectId = isKnown ? account.id : account === 'others' ? 'other-accounts' : 'unknown-account'
  return {
    actor,
    action: `person.${kind}`,
    organizationId: null,
    subjectKind: actor.kind === 'api_key' ? 'api-key' : 'person',
    subjectId,
    after: {
      count,
      from: toText(from),
      until: toText(until),
      addresses: [...addresses],
      fromOtherAddresses: elsewhere,
      operations: Object.fromEntries(operations),
      ...(certificates.size > 0 && { certificates: [...certificates] }),
    },
  }
}
