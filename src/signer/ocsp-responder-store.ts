import { createHash, type KeyObject } from 'node:crypto'
import { recordAudit } from '../audit/record-audit.ts'
import { systemActor } from '../shapes/actor.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import { tbsFields } from '../shapes/signer.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { locks, takeLock } from '../storage/lock-order.ts'
import { toSealedValues } from '../storage/sealed-column-store.ts'
import type { SealedValues } from '../storage/sealed-values.ts'
import { createRecordSeals } from './record-seals.ts'
import { openPrivateKey, sealPrivateKey } from './sealed-key.ts'
import { opensForPublication, sealForPublication } from './shared-responder-store.ts'

/** A responder as it is stored: to be signed, and with its certificate once the issuer has signed. */
export interface StoredResponder {
  id: string
  serialNumber: string
  tbs: Uint8Array
  seal: Uint8Array | null
  certificateDer: Uint8Array | null
  notAfter: number
  key: KeyObject
}

/** The fields that are stored before the issuer signs. */
export type ResponderDraft = Pick<StoredResponder, 'serialNumber' | 'tbs' | 'notAfter' | 'key'>

const contextOf = (id: string) => `ocsp-responder-key:${id}`

/**
 * Creates the store of the responders of all issuers and their sealed keys, which are destroyed after the
 * responder expires. With a `publicationKey` each key is sealed a second time, for the processes that hold it.
 */
export function createOcspResponderStore(
  database: Database,
  authorityKey: MasterKey,
  publicationKey: MasterKey | null,
) {
  const seals = createRecordSeals(authorityKey)
  const findNewest = async (
    queries: Database['queries'],
    issuerId: string,
    lastsUntil: number,
  ): Promise<StoredResponder | undefined> => {
    const row = await queries
      .selectFrom('ocsp_responders')
      .selectAll()
      .where('issuer_id', '=', issuerId)
      .where('not_after', '>=', lastsUntil)
      .where('sealed_key', 'is not', null)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .executeTakeFirst()
    return (
      row && {
        id: row.id,
        serialNumber: row.serial_number,
        tbs: new Uint8Array(row.tbs_der),
        seal: row.plan_seal && new Uint8Array(row.plan_seal),
        certificateDer: row.certificate_der && new Uint8Array(row.certificate_der),
        notAfter: row.not_after,
        key: openPrivateKey(authorityKey, row.sealed_key ?? new Uint8Array(), contextOf(row.id)),
      }
    )
  }

  return {
    /**
     * Returns the latest responder that is valid until `lastsUntil`; if there is none, stores the result of
     * `draftNext` as the next. Of concurrent processes, one stores. Throws `master_key_wrong`.
     */
    async findOrDraft(
      issuerId: string,
      lastsUntil: number,
      draftNext: () => Promise<ResponderDraft>,
      now: number,
    ): Promise<StoredResponder> {
      const present = await findNewest(database.queries, issuerId, lastsUntil)
      if (present !== undefined) return present
      const draft = await draftNext()
      return database.transaction(async (tx) => {
        await takeLock(tx, locks.authority)
        const other = await findNewest(tx, issuerId, lastsUntil)
        if (other !== undefined) return other
        await destroyEndedKeys(tx, issuerId, now)
        const id = newId('ocspResponder', now)
        const record = { kind: 'responder', id, environment: null, issuerId, tbs: draft.tbs } as const
        const seal = seals.seal('tbs-certificate', tbsFields(record))
        await tx
          .insertInto('ocsp_responders')
          .values({
            id,
            issuer_id: issuerId,
            serial_number: draft.serialNumber,
            tbs_der: draft.tbs,
            plan_seal: seal,
            sealed_key: sealPrivateKey(authorityKey, draft.key, contextOf(id)),
            publication_key:
              publicationKey === null ? null : sealForPublication(publicationKey, draft.key, id),
            not_after: draft.notAfter,
            created_at: now,
          })
          .execute()
        return { ...draft, id, seal, certificateDer: null }
      })
    },

    /** Keeps the certificate of a responder and gives the one that counts: where there is one already, that one. */
    async saveCertificate(
      issuerId: string,
      { id, serialNumber }: StoredResponder,
      der: Uint8Array,
      now: number,
    ): Promise<Uint8Array> {
      return database.transaction(async (tx) => {
        await takeLock(tx, locks.authority)
        const row = await tx
          .selectFrom('ocsp_responders')
          .select('certificate_der')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
        if (row.certificate_der !== null) return new Uint8Array(row.certificate_der)
        await tx.updateTable('ocsp_responders').set({ certificate_der: der }).where('id', '=', id).execute()
        const after = { serialNumber, sha256: createHash('sha256').update(der).digest('hex') }
        const entry = { actor: systemActor('authority'), action: 'ocsp_responder.certified', after }
        const subject = { organizationId: null, subjectKind: 'issuer', subjectId: issuerId }
        await recordAudit(tx, { ...entry, ...subject }, now)
        return der
      })
    },
  }
}

/** What seals the keys of responders: those of the portal, and those of processes that publish. */
export interface SharingKeys {
  authorityKey: MasterKey
  publicationKey: MasterKey
}

/**
 * Seals the keys of the valid responders of an issuer for publication where they are not; with `again`, also those that
 * another publication key has sealed. Throws `master_key_wrong` if the authority key does not open one.
 */
export async function shareResponderKeys(
  database: Database,
  { authorityKey, publicationKey }: SharingKeys,
  { issuerId, again, now }: { issuerId: string; again: boolean; now: number },
): Promise<void> {
  const find = (queries: Database['queries']) =>
    queries
      .selectFrom('ocsp_responders')
      .select(['id', 'serial_number', 'sealed_key', 'publication_key'])
      .where('issuer_id', '=', issuerId)
      .where('not_after', '>', now)
      .where('sealed_key', 'is not', null)
      .execute()
  const isShared = ({ id, publication_key: sealed }: Awaited<ReturnType<typeof find>>[number]) =>
    sealed !== null && (!again || opensForPublication(publicationKey, sealed, id))
  if ((await find(database.queries)).every(isShared)) return
  await database.transaction(async (tx) => {
    await takeLock(tx, locks.authority)
    for (const row of (await find(tx)).filter((one) => !isShared(one))) {
      const key = openPrivateKey(authorityKey, row.sealed_key ?? new Uint8Array(), contextOf(row.id))
      await tx
        .updateTable('ocsp_responders')
        .set({ publication_key: sealForPublication(publicationKey, key, row.id) })
        .where('id', '=', row.id)
        .execute()
      const entry = { actor: systemActor('authority'), action: 'ocsp_responder.shared' }
      const subject = { organizationId: null, subjectKind: 'issuer', subjectId: issuerId }
      await recordAudit(tx, { ...entry, ...subject, after: { serialNumber: row.serial_number } }, now)
    }
  })
}

export type OcspResponderStore = ReturnType<typeof createOcspResponderStore>

/** The private keys of OCSP responders, under the authority key. */
export const sealedResponderKeys = toSealedValues({
  name: 'keys of OCSP responders',
  ...{ table: 'ocsp_responders', id: 'id', column: 'sealed_key', contextOf },
})

/** The seals of responders that no issuer has certified yet. One that is not of its record stays invalid. */
export const sealedResponderPlans: SealedValues = {
  name: 'seals of OCSP responders',
  columns: ['ocsp_responders.plan_seal'],

  async find(queries, key, after, limit) {
    const seals = createRecordSeals(key)
    const rows = await selectUncertified(queries).where('id', '>', after).orderBy('id').limit(limit).execute()
    return rows.map((row) => {
      const isDue = seals.findSealer('tbs-certificate', fieldsOf(row), row.plan_seal) === 'second'
      return { id: row.id, sealer: isDue ? 'second' : 'first' }
    })
  },

  async reseal(tx, key, ids) {
    const seals = createRecordSeals(key)
    const rows = await selectUncertified(tx)
      .where('id', 'in', [...ids])
      .execute()
    const due = rows.filter(
      (row) => seals.findSealer('tbs-certificate', fieldsOf(row), row.plan_seal) === 'second',
    )
    for (const row of due)
      await tx
        .updateTable('ocsp_responders')
        .set({ plan_seal: seals.seal('tbs-certificate', fieldsOf(row)) })
        .where('id', '=', row.id)
        .execute()
    return due.length
  },
}

const selectUncertified = (queries: Queries) =>
  queries
    .selectFrom('ocsp_responders')
    .select(['id', 'issuer_id', 'tbs_der', 'plan_seal'])
    .where('certificate_der', 'is', null)

/** What the seal of a responder covers. */
const fieldsOf = ({
  id,
  issuer_id: issuerId,
  tbs_der: tbs,
}: {
  id: string
  issuer_id: string
  tbs_der: Uint8Array
}) => tbsFields({ kind: 'responder', id, environment: null, issuerId, tbs: new Uint8Array(tbs) })

async function destroyEndedKeys(tx: Tx, issuerId: string, now: number): Promise<void> {
  await tx
    .updateTable('ocsp_responders')
    .set({ sealed_key: null, publication_key: null })
    .where('issuer_id', '=', issuerId)
    .where('not_after', '<', now)
    .execute()
}
