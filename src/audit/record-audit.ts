import { randomBytes } from 'node:crypto'
import type { Actor } from '../shapes/actor.ts'
import { toPseudonym } from '../shapes/erased-user.ts'
import type { Tx } from '../storage/database.ts'
import { locks, takeLock } from '../storage/lock-order.ts'
import { prepareInsert, prepareQuery } from '../storage/prepare-query.ts'
import { noteChange } from '../storage/request-change.ts'
import { chainHash, chainStart, hashBody } from './audit-chain.ts'

/** The audit record of a change. `before` and `after` contain no secret and no private key. */
export interface AuditEntry {
  actor: Actor
  /** `certificate.revoked`, `credential.created`, … */
  action: string
  organizationId: string | null
  subjectKind: string
  subjectId: string
  before?: Record<string, unknown>
  after?: Record<string, unknown>
}

const saltOctets = 16

/**
 * Writes the audit row of a change in the transaction of that change, chained to the previous row: rows of
 * all organizations form one chain without gaps, so that altered or missing rows are detected. A user who was erased
 * meanwhile is named by the pseudonym.
 */
export async function recordAudit(tx: Tx, entry: AuditEntry, at: number): Promise<void> {
  await takeLock(tx, locks.record)
  const [last] = await selectLast(tx, { actorId: entry.actor.id })
  const isErased = last !== undefined && last.erased !== null
  const { sequence, hash: previousHash } = last ?? chainStart
  const body = {
    sequence: sequence + 1,
    at,
    actor_kind: entry.actor.kind,
    actor_id: entry.actor.id,
    actor_name: isErased ? toPseudonym(entry.actor.id) : entry.actor.name,
    origin: entry.actor.origin,
    organization_id: entry.organizationId,
    action: entry.action,
    subject_kind: entry.subjectKind,
    subject_id: entry.subjectId,
    before: entry.before === undefined ? null : JSON.stringify(entry.before),
    after: entry.after === undefined ? null : JSON.stringify(entry.after),
    salt: randomBytes(saltOctets).toString('hex'),
  }
  const hash = chainHash(previousHash, hashBody(body))
  await insertRow(tx, { ...body, previous_hash: previousHash, hash })
  noteChange(entry.actor.id, entry.subjectId)
}

const selectLast = prepareQuery((queries, { actorId }: { actorId: string }) =>
  queries
    .selectFrom('audit')
    .leftJoin('erasures', (join) => join.on('user_id', '=', actorId))
    .select(['sequence', 'hash', 'user_id as erased'])
    .orderBy('sequence', 'desc')
    .limit(1),
)

const insertRow = prepareInsert(
  'audit',
  [
    'sequence',
    'at',
    'actor_kind',
    'actor_id',
    'actor_name',
    'origin',
    'organization_id',
    'action',
    'subject_kind',
    'subject_id',
    'before',
    'after',
    'salt',
    'previous_hash',
    'hash',
  ],
  (query) => query,
)
