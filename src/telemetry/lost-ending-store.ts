import type { EndingKind, EndingOutcome, LostEnding } from '../contract/lost-ending.ts'
import type { Database, Tx } from '../storage/database.ts'
import { listEpochs } from '../storage/store-epoch.ts'

const rowsAtOnce = 100
const mostShown = 200

/** An email in the format of the outbox; an email with the same key is queued once. */
export interface ReturnLetter {
  key: string
  organizationId: null
  recipient: string
  subject: string
  body: string
}

/** A revocation or deletion that gateways know of, and the store epoch that lost it. */
export interface KeptEnding extends LostEnding {
  epochId: string
  /** Milliseconds since 1970. */
  epochBeganAt: number
  gateway: string
  organizationSlug: string | null
  serialNumber: string | null
  outcome: EndingOutcome | null
}

/** A store epoch that began with a restore to an older state. */
export interface StoreReturn {
  beganAt: number
  cause: 'restore' | 'went-back'
  noticedBy: string
  total: number
  endings: KeptEnding[]
}

type WriteLetters = (tx: Tx, letters: readonly ReturnLetter[], now: number) => Promise<void>

/** Creates the store of the gateways' reports about lost store epochs. */
export function createLostEndingStore(database: Database, writeLetters: WriteLetters) {
  const { queries } = database
  const select = () =>
    queries
      .selectFrom('lost_endings')
      .innerJoin('store_epochs', 'store_epochs.id', 'lost_endings.epoch_id')
      .leftJoin('organizations', 'organizations.id', 'lost_endings.organization_id')
      .leftJoin('certificates', 'certificates.id', 'lost_endings.subject_id')
      .selectAll('lost_endings')
      .select(['store_epochs.began_at', 'organizations.slug', 'certificates.serial_number'])
      .orderBy('found_at')
      .orderBy('lost_endings.kind')
      .orderBy('lost_endings.name')

  return {
    /** Lists some of the waiting entries, the oldest first. */
    async listWaiting(): Promise<KeptEnding[]> {
      const rows = await select().where('outcome', 'is', null).limit(rowsAtOnce).execute()
      return rows.map(toEnding)
    },

    /** Returns how many entries of a kind have been revoked or deleted again in a store epoch. */
    async countRestored(epochId: string, kind: EndingKind): Promise<number> {
      const row = await queries
        .selectFrom('lost_endings')
        .select((e) => e.fn.countAll<number>().as('number'))
        .where('epoch_id', '=', epochId)
        .where('kind', '=', kind)
        .where('outcome', '=', 'restored')
        .executeTakeFirstOrThrow()
      return Number(row.number)
    },

    /** Records the outcome of an entry. */
    async settle(
      { epochId, kind, subjectId }: KeptEnding,
      outcome: EndingOutcome,
      now: number,
    ): Promise<void> {
      await queries
        .updateTable('lost_endings')
        .set({ outcome, settled_at: now })
        .where('epoch_id', '=', epochId)
        .where('kind', '=', kind)
        .where('subject_id', '=', subjectId)
        .execute()
    },

    /** Makes later certificates of an organization skip all numbers up to `number`. */
    async skipNumbers(organizationId: string, number: number): Promise<void> {
      await queries
        .updateTable('organizations')
        .set({ next_certificate_number: number + 1 })
        .where('id', '=', organizationId)
        .where('next_certificate_number', '<=', number)
        .execute()
    },

    /** Lists the restores of the store since `since`, the latest first. */
    async listReturns(since: number): Promise<StoreReturn[]> {
      const epochs = (await listEpochs(queries)).filter(
        ({ cause, beganAt }) => cause !== 'first-start' && beganAt > since,
      )
      return Promise.all(
        epochs.map(async ({ id, beganAt, cause, noticedBy }) => {
          const [rows, count] = await Promise.all([
            select().where('epoch_id', '=', id).limit(mostShown).execute(),
            queries
              .selectFrom('lost_endings')
              .select((e) => e.fn.countAll<number>().as('total'))
              .where('epoch_id', '=', id)
              .executeTakeFirstOrThrow(),
          ])
          const endings = rows.map(toEnding)
          return {
            ...{ beganAt, noticedBy, endings, total: Number(count.total) },
            cause: cause === 'restore' ? 'restore' : 'went-back',
          } satisfies StoreReturn
        }),
      )
    },

    async listOperators(): Promise<string[]> {
      const rows = await queries.selectFrom('users').select('email').where('is_operator', '=', 1).execute()
      return rows.map(({ email }) => email)
    },

    writeLetters: (letters: readonly ReturnLetter[], now: number): Promise<void> =>
      database.transaction((tx) => writeLetters(tx, letters, now)),
  }
}

export type LostEndingStore = ReturnType<typeof createLostEndingStore>

const toEnding = (row: {
  epoch_id: string
  began_at: number
  kind: EndingKind
  subject_id: string
  organization_id: string | null
  slug: string | null
  environment: string | null
  name: string
  detail: string
  gateway: string
  serial_number: string | null
  outcome: EndingOutcome | null
}): KeptEnding => ({
  epochId: row.epoch_id,
  epochBeganAt: row.began_at,
  kind: row.kind,
  subjectId: row.subject_id,
  organizationId: row.organization_id,
  organizationSlug: row.slug,
  environment: row.environment,
  name: row.name,
  detail: JSON.parse(row.detail),
  gateway: row.gateway,
  serialNumber: row.serial_number,
  outcome: row.outcome,
})
