import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { recordAudit } from '../audit/record-audit.ts'
import { formatListName, type RevocationListId } from '../pki/status/revocation-list-name.ts'
import { systemActor } from '../shapes/actor.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { quiet } from '../storage/transact.ts'

/** A signed CRL as it is published; its DER is read separately. Times are milliseconds since 1970. */
export interface PublishedList extends RevocationListId {
  number: number
  thisUpdate: number
  nextUpdate: number
  entries: number
  /** Size of its DER, octets. */
  size: number
}

/** The input of the next CRL. */
export interface ListToMake {
  number: number
  /** The number of the CRL that it replaces; 0 if there is none. */
  replaces: number
  /**
   * Certificates that expired before this time have been on a CRL after their expiry, and are removed (RFC
   * 5280, section 3.3).
   */
  endedBefore: number
  /** The address in the certificates of a partition; null for the full CRL. */
  address: string | null
  /** Until this time no other process has to create it. */
  leasedUntil: number
}

/** How much of a CRL is read or written in one step. */
const chunkOctets = 1 << 20
/** CRLs up to this size are written while the record lock is held; larger ones before. */
const smallOctets = 1 << 16
const leaseMs = 2 * 60_000

/** The number of the full CRL; partitions have numbers from 1. */
const fullList = 0
const toColumn = (partition: number | null) => partition ?? fullList

/** Creates the store of published CRLs. */
export function createRevocationListStore(database: Database) {
  const { queries } = database

  /** Finds the published CRL of an issuer: the full one, or a partition. */
  const find = async (id: RevocationListId): Promise<PublishedList | undefined> => {
    const row = await rowOf(queries, id)
    if (row === undefined || row.number === 0) return undefined
    const { number, entries, size } = row
    return { ...id, number, entries, size, thisUpdate: row.this_update, nextUpdate: row.next_update }
  }

  const readChunks = async function* ({ issuerId, partition, number, size }: PublishedList) {
    for (let position = 0, left = size; left > 0; position += 1) {
      const { bytes } = await queries
        .selectFrom('revocation_list_chunks')
        .select('bytes')
        .where('issuer_id', '=', issuerId)
        .where('partition', '=', toColumn(partition))
        .where('number', '=', number)
        .where('position', '=', position)
        .executeTakeFirstOrThrow()
      left -= bytes.length
      yield bytes
    }
  }

  return {
    find,

    /**
     * Reads the DER of a CRL in chunks, on demand. Fails if two newer CRLs were published in the meantime.
     */
    readChunks,

    /** Finds the complete DER of the published CRL. */
    async findDer(id: RevocationListId): Promise<Uint8Array | undefined> {
      const list = await find(id)
      if (list === undefined) return undefined
      const chunks: Uint8Array[] = []
      for await (const chunk of readChunks(list)) chunks.push(chunk)
      return new Uint8Array(Buffer.concat(chunks))
    },

    /**
     * Reserves the next number of an issuer's CRLs before the revocations are read, so that a CRL with a
     * higher number contains everything revoked when a lower one was started. The number is never below the
     * milliseconds since 1970, so that a restored store repeats none (RFC 5280, section 5.2.3).
     */
    async begin(id: RevocationListId, now: number): Promise<ListToMake> {
      return database.transaction(async (tx) => {
        const { crl_number: number } = await tx
          .updateTable('issuers')
          .set((e) => ({
            crl_number: e
              .case()
              .when('crl_number', '>=', now)
              .then(e('crl_number', '+', 1))
              .else(now)
              .end(),
          }))
          .where('id', '=', id.issuerId)
          .returning('crl_number')
          .executeTakeFirstOrThrow()
        const leasedUntil = now + leaseMs
        const row = await tx
          .insertInto('revocation_lists')
          .values({ issuer_id: id.issuerId, partition: toColumn(id.partition), due_at: leasedUntil })
          .onConflict((conflict) =>
            conflict.columns(['issuer_id', 'partition']).doUpdateSet({ due_at: leasedUntil }),
          )
          .returning(['number', 'this_update', 'address'])
          .executeTakeFirstOrThrow()
        return {
          number,
          replaces: row.number,
          endedBefore: row.this_update,
          address: row.address,
          leasedUntil,
        }
      }, quiet)
    },

    /**
     * Publishes a CRL in place of the one that it replaces, due again at `dueAt` unless an earlier time was
     * requested in the meantime; returns false if another CRL was published in between. The signature is
     * recorded either way.
     */
    async save(
      list: Omit<PublishedList, 'size'>,
      der: Uint8Array,
      begun: Pick<ListToMake, 'replaces' | 'leasedUntil'>,
      dueAt: number,
    ): Promise<boolean> {
      const hash = createHash('sha256')
      const isSmall = der.length <= smallOctets
      for (let start = 0; start < der.length; start += chunkOctets) {
        const bytes = der.subarray(start, start + chunkOctets)
        hash.update(bytes)
        if (isSmall) break
        await insertChunk(queries, list, start / chunkOctets, bytes)
        // SQLite answers without leaving this turn of the event loop.
        await nextTurn()
      }
      return database.transaction(async (tx) => {
        if (isSmall) await insertChunk(tx, list, 0, der)
        const isCurrent = await replaceList(tx, { ...list, size: der.length }, begun, dueAt)
        await deleteChunks(tx, list, isCurrent ? begun.replaces : undefined)
        const { issuerId, number } = list
        const after = { list: formatListName(list), number, sha256: hash.digest('hex') }
        const subject = { organizationId: null, subjectKind: 'issuer', subjectId: issuerId }
        const entry = { actor: systemActor('publication'), action: 'revocation_list.signed', ...subject }
        await recordAudit(tx, { ...entry, after }, list.thisUpdate)
        return isCurrent
      })
    },

    /** Makes a CRL due at `moment`, if it is not due sooner. */
    async bringForward({ issuerId, partition }: RevocationListId, moment: number): Promise<void> {
      await queries
        .updateTable('revocation_lists')
        .set({ due_at: moment })
        .where('issuer_id', '=', issuerId)
        .where('partition', '=', toColumn(partition))
        .where('due_at', '>', moment)
        .execute()
    },

    /** Lists every published CRL, the full ones first. */
    async listPublished(): Promise<RevocationListId[]> {
      const rows = await queries
        .selectFrom('revocation_lists')
        .select(['issuer_id', 'partition'])
        .where('number', '>', 0)
        .orderBy('partition')
        .execute()
      return rows.map(({ issuer_id: issuerId, partition }) => ({ issuerId, partition: partition || null }))
    },

    /** Lists the CRLs that are due at `now`, including those of issuers without any. */
    async listDue(now: number): Promise<RevocationListId[]> {
      const rows = await queries
        .selectFrom('issuers')
        .leftJoin('revocation_lists', 'revocation_lists.issuer_id', 'issuers.id')
        .select(['issuers.id', 'partition'])
        .where('kind', '!=', 'foreign')
        .where((e) => e.or([e('due_at', 'is', null), e('due_at', '<=', now)]))
        .orderBy('due_at')
        .execute()
      return rows.map(({ id, partition }) => ({ issuerId: id, partition: partition || null }))
    },
  }
}

export type RevocationListStore = ReturnType<typeof createRevocationListStore>

const rowOf = (queries: Queries, { issuerId, partition }: RevocationListId) =>
  queries
    .selectFrom('revocation_lists')
    .selectAll()
    .where('issuer_id', '=', issuerId)
    .where('partition', '=', toColumn(partition))
    .executeTakeFirst()

async function insertChunk(
  queries: Queries,
  { issuerId, partition, number }: Omit<PublishedList, 'size'>,
  position: number,
  bytes: Uint8Array,
): Promise<void> {
  await queries
    .insertInto('revocation_list_chunks')
    .values({ issuer_id: issuerId, partition: toColumn(partition), number, position, bytes })
    .execute()
}

/** Returns whether the CRL has replaced the one with the number `replaces`. */
async function replaceList(
  tx: Tx,
  { issuerId, partition, number, thisUpdate, nextUpdate, entries, size }: PublishedList,
  { replaces, leasedUntil }: Pick<ListToMake, 'replaces' | 'leasedUntil'>,
  dueAt: number,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('revocation_lists')
    .set((e) => ({
      number,
      this_update: thisUpdate,
      next_update: nextUpdate,
      entries,
      size,
      due_at: e.case().when('due_at', '=', leasedUntil).then(dueAt).else(e.ref('due_at')).end(),
    }))
    .where('issuer_id', '=', issuerId)
    .where('partition', '=', toColumn(partition))
    .where('number', '=', replaces)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/**
 * Deletes chunks before `oldest`, which a client may still be reading, or chunks of a CRL that was not
 * published.
 */
async function deleteChunks(
  tx: Tx,
  { issuerId, partition, number }: Omit<PublishedList, 'size'>,
  oldest: number | undefined,
): Promise<void> {
  await tx
    .deleteFrom('revocation_list_chunks')
    .where('issuer_id', '=', issuerId)
    .where('partition', '=', toColumn(partition))
    .where('number', oldest === undefined ? '=' : '<', oldest ?? number)
    .execute()
}
