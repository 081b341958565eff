import { sql } from 'kysely'
import type { RejectedRows, UsageBatch } from '../contract/usage-batch.ts'
import type { Tx } from '../storage/database.ts'
import { prepareQuery } from '../storage/prepare-query.ts'
import { getStoreCode, isRowRejected } from '../storage/rejected-rows.ts'
import { countDenials } from './count-denials-store.ts'
import { countOrganizationUses } from './count-organization-uses-store.ts'
import { countReadiness } from './count-readiness-store.ts'
import { addFacets, countUses } from './count-uses-store.ts'
import { saveProofs } from './save-proofs-store.ts'
import { insertRecords } from './write-activity-store.ts'

/**
 * Maximum number of rejections that are narrowed down for one batch; later rejected groups are left out as a
 * whole.
 */
const maxDenials = 1000

/** Writes one kind of rows; several calls have the same effect as one. */
interface Part<Row> {
  name: string
  rows: readonly Row[]
  write(tx: Tx, rows: readonly Row[]): Promise<void>
}

const part = <Row>(name: string, rows: readonly Row[], write: Part<Row>['write']): Part<unknown> =>
  ({ name, rows, write }) as Part<unknown>

const partsOf = (batch: UsageBatch): Part<unknown>[] => [
  part('proofs', batch.provenKeys, saveProofs),
  part('records', batch.records, insertRecords),
  part('uses', batch.certificates, countUses),
  part('organizations', batch.organizations, countOrganizationUses),
  part('facets', batch.facets, addFacets),
  part('refusals', batch.refusals, countDenials),
  part('readiness', batch.readiness, countReadiness),
  part('credentials', batch.credentials, keepLastUses),
]

/** Writes everything of a batch except the status of its gateway. Throws if the store rejects any row. */
export async function writeParts(tx: Tx, batch: UsageBatch): Promise<void> {
  for (const { write, rows } of partsOf(batch)) if (rows.length > 0) await write(tx, rows)
}

/**
 * Writes the batch without the rows that the store rejects: a rejected group is halved until single rows are
 * left, which are left out and returned. Everything happens in one transaction, so that nothing is counted
 * twice.
 */
export async function writePartsSplit(tx: Tx, batch: UsageBatch): Promise<RejectedRows[]> {
  const rejected = new Map<string, RejectedRows>()
  let denials = 0

  const leaveOut = (name: string, code: string, count: number): void => {
    const key = `${name} ${code}`
    rejected.set(key, { part: name, code, count: (rejected.get(key)?.count ?? 0) + count })
  }
  const writeRows = async ({ name, rows, write }: Part<unknown>): Promise<void> => {
    if (rows.length === 0) return
    await sql`savepoint part`.execute(tx)
    try {
      await write(tx, rows)
      await sql`release savepoint part`.execute(tx)
      return
    } catch (error) {
      // This fails on a lost connection too: then the whole batch is retried.
      await sql`rollback to savepoint part`.execute(tx)
      await sql`release savepoint part`.execute(tx)
      if (!isRowRejected(error)) throw error
      denials += 1
      if (rows.length === 1 || denials > maxDenials) return leaveOut(name, getStoreCode(error), rows.length)
    }
    const middle = rows.length >> 1
    await writeRows({ name, rows: rows.slice(0, middle), write })
    await writeRows({ name, rows: rows.slice(middle), write })
  }

  for (const each of partsOf(batch)) await writeRows(each)
  return [...rejected.values()]
}

async function keepLastUses(tx: Tx, uses: UsageBatch['credentials']): Promise<void> {
  for (const use of uses) await keepLastUse(tx, use)
}

const keepLastUse = prepareQuery((queries, values: { credentialId: string; lastUsedAt: number }) =>
  queries
    .updateTable('credentials')
    .set({ last_used_at: values.lastUsedAt })
    .where('id', '=', values.credentialId)
    .where((e) => e.or([e('last_used_at', 'is', null), e('last_used_at', '<', values.lastUsedAt)])),
)
