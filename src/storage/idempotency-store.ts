import { createHash, hkdfSync } from 'node:crypto'
import { sql } from 'kysely'
import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import { toMasterKey } from '../shapes/master-key.ts'
import type { Database, Tx } from './database.ts'
import { isPostgres } from './engine.ts'
import { seal, unseal } from './seal.ts'
import { quiet } from './transact.ts'

const day = 86_400_000
/** A request that has not shown for so long that it runs is taken for gone. */
const goneMs = 30_000
/** What one principal may have kept at a time. */
const maxKeys = 5000
const maxOctets = 32 * 1024 * 1024

/** A request with an idempotency key. */
export interface KeyedRequest {
  principal: string
  /** Method and path: the same key at another address is another one. */
  address: string
  key: string
  body: unknown
}

/** An answer as it is kept. */
export interface KeptAnswer {
  status: number
  headers: Record<string, string>
  body: unknown
}

/** Members of an answer that nothing can read again. */
export type Secrets = Record<string, unknown>

/** What a request with an idempotency key finds. */
export type Found =
  /** It is the first one, and runs until it is kept or released. */
  | { state: 'first'; claim: Claim }
  | { state: 'answered'; answer: KeptAnswer }
  /** The change was made and its answer was not kept: it is read again. */
  | { state: 'changed'; claim: Claim; subjectId: string; secrets: Secrets }

/** The right of one request to make the change of its key. */
export interface Claim {
  id: string
  token: string
}

/**
 * Creates the store of requests with an idempotency key. What it keeps is sealed with a key that comes from
 * `sessionKey`: an answer may hold a secret.
 */
export function createIdempotencyStore(database: Database, sessionKey: string, clock: Clock) {
  const key = toMasterKey(new Uint8Array(hkdfSync('sha256', sessionKey, '', 'postern idempotency 1', 32)))
  const close = (value: unknown, context: string) => seal(key, Buffer.from(JSON.stringify(value)), context)
  const open = (sealed: Uint8Array, context: string) => {
    try {
      return JSON.parse(Buffer.from(unseal(key, new Uint8Array(sealed), context)).toString())
    } catch (cause) {
      throw new PosternError('idempotency_answer_lost', answerLost, { cause })
    }
  }
  return {
    /**
     * Claims the key of a request for it. Throws `idempotency_key_reused` for another body, `idempotency_key_in_use`
     * while an equal request runs, `too_many_requests` when the principal has used too many, and
     * `idempotency_answer_lost` if the kept answer cannot be opened.
     */
    async claim(request: KeyedRequest, token: string): Promise<Found> {
      const { principal, address } = request
      const claim = { id: hash(principal, address, request.key), token }
      const fingerprint = hash(toCanonical(request.body))
      const now = clock.now()
      const row = await database.transaction(async (tx) => {
        await tx
          .deleteFrom('idempotency_keys')
          .where('id', '=', claim.id)
          .where('created_at', '<', now - day)
          .execute()
        if (await insert(tx, { ...claim, principal, fingerprint }, now)) return undefined
        return take(tx, { ...claim, fingerprint }, now)
      }, quiet)
      if (row === undefined || (row.answer === null && row.subject_id === null))
        return { state: 'first', claim }
      if (row.answer !== null) return { state: 'answered', answer: open(row.answer, `answer ${claim.id}`) }
      const secrets = row.secrets === null ? {} : open(row.secrets, `secrets ${claim.id}`)
      return { state: 'changed', claim, subjectId: row.subject_id ?? '', secrets }
    },

    /**
     * Records in the transaction of the change what it created, with the secrets of its answer. Throws
     * `idempotency_key_in_use`, so that nothing is changed, if another request has taken the key over.
     */
    async recordChange(tx: Tx, { id, token }: Claim, subjectId: string, secrets: Secrets): Promise<void> {
      const sealed = Object.keys(secrets).length === 0 ? null : close(secrets, `secrets ${id}`)
      const { numUpdatedRows } = await tx
        .updateTable('idempotency_keys')
        .set({ subject_id: subjectId, secrets: sealed, octets: sealed?.length ?? 0 })
        .where('id', '=', id)
        .where('claim', '=', token)
        .where('subject_id', 'is', null)
        .executeTakeFirst()
      if (numUpdatedRows === 0n) throw inUse()
    },

    /** Keeps the answer of a request, before it is sent. */
    async keep({ id, token }: Claim, answer: KeptAnswer): Promise<void> {
      const sealed = close(answer, `answer ${id}`)
      await database.queries
        .updateTable('idempotency_keys')
        .set({ answer: sealed, octets: sealed.length, secrets: null, claim: null })
        .where('id', '=', id)
        .where('claim', '=', token)
        .execute()
    },

    /** Ends a request that has failed: its key can be used again, unless it has made its change. */
    async release({ id, token }: Claim): Promise<void> {
      const own = { id, claim: token }
      await database.queries
        .deleteFrom('idempotency_keys')
        .where((e) => e.and(own))
        .where('subject_id', 'is', null)
        .execute()
      await database.queries
        .updateTable('idempotency_keys')
        .set({ claim: null })
        .where((e) => e.and(own))
        .execute()
    },

    /** Shows that a request still runs. */
    async renew({ id, token }: Claim): Promise<void> {
      await database.queries
        .updateTable('idempotency_keys')
        .set({ claimed_at: clock.now() })
        .where('id', '=', id)
        .where('claim', '=', token)
        .execute()
    },

    /** Ends the requests of the process before: a SQLite store has one portal at a time. */
    async freeAbandoned(): Promise<void> {
      if (database.engine === 'postgres') return
      await database.queries
        .updateTable('idempotency_keys')
        .set({ claim: null })
        .where('claim', 'is not', null)
        .execute()
    },
  }
}

export type IdempotencyStore = ReturnType<typeof createIdempotencyStore>

/** Inserts the row of a new key; returns false if it exists. Throws `too_many_requests`. */
async function insert(
  tx: Tx,
  { id, token, principal, fingerprint }: Claim & { principal: string; fingerprint: string },
  now: number,
): Promise<boolean> {
  const row = { id, principal, fingerprint, created_at: now, claim: token, claimed_at: now }
  const inserted = await tx
    .insertInto('idempotency_keys')
    .values({ ...row, subject_id: null, secrets: null, answer: null })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (inserted === undefined) return false
  const used = await tx
    .selectFrom('idempotency_keys')
    .select([sql<number>`count(*)`.as('keys'), sql<number>`coalesce(sum(octets), 0)`.as('octets')])
    .where('principal', '=', principal)
    .where('created_at', '>=', now - day)
    .executeTakeFirstOrThrow()
  if (Number(used.keys) <= maxKeys && Number(used.octets) <= maxOctets) return true
  throw new PosternError(
    'too_many_requests',
    'You have used as many idempotency keys as Postern keeps for 24 hours. Send requests without a key, or wait an hour.',
    { retryAfterSeconds: 3600 },
  )
}

/** Takes over a known key whose request is gone, and returns its row. */
async function take(tx: Tx, { id, token, fingerprint }: Claim & { fingerprint: string }, now: number) {
  let query = tx.selectFrom('idempotency_keys').selectAll().where('id', '=', id)
  if (isPostgres(tx)) query = query.forUpdate()
  const row = await query.executeTakeFirst()
  if (row === undefined) throw inUse()
  if (row.fingerprint !== fingerprint)
    throw new PosternError(
      'idempotency_key_reused',
      'This Idempotency-Key was sent with another body. Use a new key for each new request.',
    )
  if (row.answer !== null) return row
  // The limit is compared both ways: after the clock was set back, a claim of the future would last for long.
  if (row.claim !== null && Math.abs(now - row.claimed_at) < goneMs) throw inUse()
  await tx
    .updateTable('idempotency_keys')
    .set({ claim: token, claimed_at: now })
    .where('id', '=', id)
    .execute()
  return row
}

const answerLost =
  'The request with this Idempotency-Key was done, and its answer cannot be read any more because the key of the sessions has changed. Read the resource; it was not made twice.'

const inUse = () =>
  new PosternError(
    'idempotency_key_in_use',
    'A request with this Idempotency-Key is running. Send it again in a few seconds to get its answer.',
    { retryAfterSeconds: 2 },
  )

const hash = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex')

/** Returns JSON whose members are in the order of their names. */
const toCanonical = (value: unknown): string =>
  JSON.stringify(value ?? null, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
