import type {
  BulkRevocationItem,
  BulkRevocationState,
  BulkRevocationView,
} from '../../contract/bulk-revocation.ts'
import { revocationReasonNames } from '../../contract/enum-names.ts'
import { PosternError } from '../../errors.ts'
import { enqueueJob } from '../../jobs/job-store.ts'
import type { RevocationReason } from '../../pki/status/revocation-reason.ts'
import type { Act } from '../../shapes/act.ts'
import { type Actor, toActorView } from '../../shapes/actor.ts'
import { toText } from '../../shapes/moment.ts'
import type { Database, Tx } from '../../storage/database.ts'
import { newId } from '../../storage/id.ts'
import { createPaging, cursorParts, type Page } from '../../storage/page.ts'
import { quiet } from '../../storage/transact.ts'
import { bulkRevocationJob } from '../certificate-jobs.ts'
import { recordStep, selectBulk } from './bulk-progress-store.ts'
import { insertMatching, type Selection } from './bulk-selection-store.ts'

/** Dry runs beyond the newest of this number are deleted. */
const keptDryRuns = 20

/** A bulk revocation to be created; without an expected count it is a dry run. */
export interface NewBulk extends Selection {
  reason: RevocationReason
  expectedCount?: number | undefined
}

interface PageRequest {
  cursor?: string | undefined
  limit: number
}

const paging = createPaging('bulk revocations', [cursorParts.number, cursorParts.name])
const itemPaging = createPaging('certificates of a bulk revocation', [cursorParts.name])

/** Creates the store of bulk revocations, whose certificates belong to any organization. */
export function createBulkRevocationStore(database: Database) {
  const { queries, aside } = database

  const get = async (id: string): Promise<BulkRevocationView> => {
    const row = await selectBulk(queries).where('id', '=', id).executeTakeFirst()
    if (row === undefined) throw notFound()
    return toView(row)
  }

  return {
    get,

    /**
     * Creates a bulk revocation of the valid certificates that fit, with the job that revokes them, or a dry run. A
     * compromised key affects each of its certificates, even if the selected one is already revoked. Throws
     * `conflict`, and stores nothing, if another number of certificates fits than expected.
     */
    async create(
      { reason, expectedCount, ...selection }: NewBulk,
      { actor, now }: Act,
    ): Promise<BulkRevocationView> {
      const id = newId('bulkRevocation', now)
      const isDryRun = expectedCount === undefined
      await database.transaction(
        async (tx) => {
          await insertBulk(
            tx,
            { id, state: isDryRun ? 'dry_run' : 'running', selection, reason },
            { actor, now },
          )
          const matching = await insertMatching(tx, id, { ...selection, reason }, now)
          await tx.updateTable('bulk_revocations').set({ matching }).where('id', '=', id).execute()
          if (isDryRun) return deleteOldDryRuns(tx)
          if (matching !== expectedCount) throw anotherNumber(matching, expectedCount)
          await enqueueJob(tx, { kind: bulkRevocationJob, key: id, owner: null }, now, now)
          const after = { reason, matching, ...selection }
          await recordStep(tx, { id, action: 'bulk_revocation.created', after }, { actor, now })
        },
        isDryRun ? quiet : {},
      )
      return get(id)
    },

    async list({ cursor, limit }: PageRequest): Promise<Page<BulkRevocationView>> {
      let query = selectBulk(queries)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1)
      const from = paging.findPosition(cursor)
      if (from !== undefined)
        query = query.where((e) => e(e.refTuple('created_at', 'id'), '<', e.tuple(...from)))
      return paging.toPage(await query.execute(), limit, (row) => [row.created_at, row.id], toView)
    },

    /** Lists its certificates, ordered by ID. Throws `not_found`. */
    async listCertificates(id: string, { cursor, limit }: PageRequest): Promise<Page<BulkRevocationItem>> {
      await get(id)
      let query = aside
        .selectFrom('bulk_revocation_certificates')
        .innerJoin('certificates', 'certificates.id', 'certificate_id')
        .innerJoin('organizations', 'organizations.id', 'certificates.organization_id')
        .select(['certificate_id', 'certificates.name', 'environment', 'slug', 'outcome', 'settled_at'])
        .where('bulk_revocation_id', '=', id)
        .orderBy('certificate_id')
        .limit(limit + 1)
      const [after] = itemPaging.findPosition(cursor) ?? []
      if (after !== undefined) query = query.where('certificate_id', '>', after)
      return itemPaging.toPage(
        await query.execute(),
        limit,
        (row) => [row.certificate_id],
        (row) => ({
          certificateId: row.certificate_id,
          name: row.name,
          organization: row.slug,
          environment: row.environment,
          outcome: row.outcome,
          settledAt: toText(row.settled_at),
        }),
      )
    },
  }
}

export type BulkRevocationStore = ReturnType<typeof createBulkRevocationStore>

async function insertBulk(
  tx: Tx,
  {
    selection,
    ...bulk
  }: { id: string; state: BulkRevocationState; selection: Selection; reason: RevocationReason },
  { actor, now }: Act,
): Promise<void> {
  const row = { ...bulk, selection: JSON.stringify(selection), matching: 0 }
  await tx
    .insertInto('bulk_revocations')
    .values({ ...row, created_at: now, created_by: JSON.stringify(actor), finished_at: null })
    .execute()
}

async function deleteOldDryRuns(tx: Tx): Promise<void> {
  await tx
    .deleteFrom('bulk_revocations')
    .where('state', '=', 'dry_run')
    .where('id', 'not in', (e) =>
      e
        .selectFrom('bulk_revocations')
        .select('id')
        .where('state', '=', 'dry_run')
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(keptDryRuns),
    )
    .execute()
}

type Row = Awaited<ReturnType<ReturnType<typeof selectBulk>['executeTakeFirstOrThrow']>>

function toView(row: Row): BulkRevocationView {
  const {
    issuerId = null,
    publicKeySha256 = null,
    serialNumbers = null,
  } = JSON.parse(row.selection) as Selection
  return {
    id: row.id,
    state: row.state,
    ...{ issuerId, publicKeySha256, serialNumbers: serialNumbers && [...serialNumbers] },
    reason: revocationReasonNames.toName(row.reason),
    matching: row.matching,
    revoked: Number(row.revoked),
    skipped: Number(row.skipped),
    createdAt: toText(row.created_at),
    createdBy: toActorView(JSON.parse(row.created_by) as Actor),
    finishedAt: toText(row.finished_at),
  }
}

const notFound = () => new PosternError('not_found', 'There is no such bulk revocation.')
const anotherNumber = (matching: number, expected: number) =>
  new PosternError(
    'conflict',
    `${matching} certificates fit now, not ${expected}. Nothing was revoked. Look at them again.`,
  )
