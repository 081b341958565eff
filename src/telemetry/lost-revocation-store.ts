import type {
  LostRevocation,
  LostRevocationKind,
  LostRevocationOutcome,
} from '../contract/lost-revocation.ts'
import { listActiveOperators } from '../storage/active-people.ts'
import type { Database, Tx } from '../storage/database.ts'
import { listEpochs } from '../storage/store-epoch.ts'

const rowsAtOnce = 100
const maxShown = 200

/** An email in the format of the outbox; an email with the same key is queued once. */
export interface RestoreEmail {
  key: string
  organizationId: null
  recipient: string
  subject: string
  body: string
}

/** A revocation or deletion that gateways know of, and the store epoch that lost it. */
export interface StoredLostRevocation extends LostRevocation {
  epochId: string
  /** Milliseconds since 1970. */
  epochBeganAt: number
  gateway: string
  organizationSlug: string | null
  serialNumber: string | null
  outcome: LostRevocationOutcome | null
}

/** A store epoch that began with a restore to an older state. */
export interface StoreRestore {
  beganAt: number
  cause: 'restore' | 'went-back'
  noticedBy: string
  total: number
  endings: StoredLostRevocation[]
}

type WriteEmails = (tx: Tx, emails: readonly RestoreEmail[], now: number) => Promise<void>

/** Creates the store of the gateways' reports about lost store epochs. */
export function createLostRevocationStore(database: Database, writeEmails: WriteEmails) {
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
    async listWaiting(): Promise<StoredLostRevocation[]> {
      const rows = await select().where('outcome', 'is', null).limit(rowsAtOnce).execute()
      return rows.map(toEnding)
    },

    /** Returns how many entries of a kind have been revoked or deleted again in a store epoch. */
    async countRestored(epochId: string, kind: LostRevocationKind): Promise<number> {
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
      { epochId, kind, subjectId }: StoredLostRevocation,
      outcome: LostRevocationOutcome,
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
    async listReturns(since: number): Promise<StoreRestore[]> {
      const epochs = (await listEpochs(queries)).filter(
        ({ cause, beganAt }) => cause !== 'first-start' && beganAt > since,
      )
      return Promise.all(
        epochs.map(async ({ id, beganAt, cause, noticedBy }) => {
          const [rows, count] = await Promise.all([
            select().where('epoch_id', '=', id).limit(maxShown).execute(),
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
          } satisfies StoreRestore
        }),
      )
    },

    listOperators: async (): Promise<string[]> =>
      (await listActiveOperators(queries)).map(({ email }) => email),

    writeEmails: (emails: readonly RestoreEmail[], now: number): Promise<void> =>
      database.transaction((tx) => writeEmails(tx, emails, now)),
  }
}

export type LostRevocationStore = ReturnType<typeof createLostRevocationStore>

const toEnding = (row: {
  epoch_id: string
  began_at: number
  kind: LostRevocationKind
  subject_id: string
  organization_id: string | null
  slug: string | null
  environment: string | null
  name: string
  detail: string
  gateway: string
  serial_number: string | null
  outcome: LostRevocationOutcome | null
}): StoredLostRevocation => ({
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
