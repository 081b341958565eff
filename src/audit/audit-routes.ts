import type { AuditStateView } from '../contract/audit.ts'
import { PosternError } from '../errors.ts'
import type { Handlers } from '../http/handler.ts'
import { toPem } from '../pki/text/pem.ts'
import { toText } from '../shapes/moment.ts'
import { toEntryView } from './audit-entry-view.ts'
import type { AuditStore } from './audit-store.ts'
import { stateCheckpoint } from './checkpoint.ts'
import type { CheckpointStore } from './checkpoint-store.ts'
import { describeChainProblem } from './verify-audit.ts'
import type { AuditWatch } from './watch-audit.ts'

/** The dependencies of the operators' view of the audit log. */
export interface AuditRouteDependencies {
  audit: AuditStore
  checkpoints: CheckpointStore
  watch: AuditWatch
}

/** Returns the handlers for the audit log, for operators. */
export function auditRoutes(
  dependencies: AuditRouteDependencies,
): Pick<Handlers, 'listAudit' | 'getAuditState' | 'verifyAudit'> {
  return {
    async listAudit({ query }) {
      if (query.subjectKind !== undefined && query.subjectId === undefined)
        throw new PosternError('bad_request', 'subjectKind alone finds nothing: send subjectId with it.')
      const page = await dependencies.audit.list(query)
      return { ...page, items: page.items.map(toEntryView) }
    },
    getAuditState: () => toStateView(dependencies),
    async verifyAudit() {
      await dependencies.watch.verify()
      return toStateView(dependencies)
    },
  }
}

async function toStateView({ checkpoints, watch }: AuditRouteDependencies): Promise<AuditStateView> {
  const last = watch.last()
  const problem = last?.verdict.problem
  return {
    verifiedAt: last === undefined ? null : toText(last.at),
    verifiedRows: last?.verdict.end.sequence ?? 0,
    problem:
      problem === undefined ? null : { sequence: problem.sequence, sentence: describeChainProblem(problem) },
    checkpoint: await toCheckpointView(checkpoints),
  }
}

async function toCheckpointView(checkpoints: CheckpointStore): Promise<AuditStateView['checkpoint']> {
  const latest = await checkpoints.findLatest()
  const key = latest && (await checkpoints.listKeys()).find(({ id }) => id === latest.keyId)
  if (latest === undefined || key === undefined) return null
  const { sequence, hash, at, keyId, signature } = latest
  return {
    sequence,
    hash,
    keyId,
    at: toText(at),
    statement: new TextDecoder().decode(stateCheckpoint(latest)),
    signature: Buffer.from(signature).toString('base64'),
    publicKey: toPem('PUBLIC KEY', key.publicKey),
  }
}
