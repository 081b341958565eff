import { createAuditStore } from '../audit/audit-store.ts'
import { createCheckpointStore } from '../audit/checkpoint-store.ts'
import { describeChainProblem, verifyAudit } from '../audit/verify-audit.ts'
import { PosternError } from '../errors.ts'
import { openDatabase, type Queries } from '../storage/database.ts'
import { damaged, type ReadBackup } from './backup-lines.ts'
import { assertSqliteIntact, openSqliteSource } from './sqlite-source-store.ts'
import { digestTables, findDifferences } from './table-lines.ts'

/** What opens the keys of a copy. */
export interface KeyProof {
  /** Opens every key of an issuer, lets it sign, checks the signature, and returns how many that were. */
  proveIssuerKeys(queries: Queries): Promise<number>
  /** Returns the public keys of the audit log that the authority key has sealed. */
  listAuditKeys(queries: Queries): Promise<Uint8Array[]>
}

/** What was found in a copy. */
export interface CopyProof {
  rows: number
  /** Undefined where the authority key was not at hand. */
  issuerKeys: number | undefined
  auditRows: number
  /** What is wrong with the audit log, as a sentence; the copy is as good as the store that it was taken of. */
  auditProblem: string | undefined
}

/**
 * Checks a store that was filled from a backup: pages, indexes and references, every row, the keys, and the audit log to
 * its head. Throws `backup_damaged`, `storage_unavailable`, `master_key_wrong` or `record_not_authentic`.
 */
export async function checkCopy(
  path: string,
  { head, digests }: ReadBackup,
  keys: KeyProof | undefined,
): Promise<CopyProof> {
  assertSqliteIntact(path)
  const source = openSqliteSource(path)
  try {
    if (findDifferences(digests, await digestTables(source)).length > 0) throw damaged()
  } finally {
    source.close()
  }
  const database = await openDatabase({ engine: 'sqlite', path })
  try {
    const audit = createAuditStore(database)
    const checkpoints = createCheckpointStore(database)
    const known = keys?.listAuditKeys(database.queries)
    const unproven = async () => (await checkpoints.listKeys()).map(({ publicKey }) => publicKey)
    const { end, problem } = await verifyAudit({ audit, checkpoints }, { keys: await (known ?? unproven()) })
    const isTorn = end.sequence !== head.auditHead.sequence || end.hash !== head.auditHead.hash
    if (isTorn && problem === undefined)
      throw new PosternError('backup_damaged', 'The audit log of the backup does not end where it says.')
    return {
      rows: Object.values(digests).reduce((sum, { rows }) => sum + rows, 0),
      issuerKeys: await keys?.proveIssuerKeys(database.queries),
      auditRows: end.sequence,
      // A log without a checkpoint is proven by nothing yet, which is no damage.
      auditProblem:
        problem === undefined || problem.kind === 'unproven' ? undefined : describeChainProblem(problem),
    }
  } finally {
    await database.close()
  }
}
