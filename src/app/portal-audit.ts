import { createAccessSummary } from '../audit/access-summary.ts'
import { createAuditStore } from '../audit/audit-store.ts'
import { formatCheckpoint } from '../audit/checkpoint.ts'
import { createCheckpointFile } from '../audit/checkpoint-file.ts'
import { createCheckpointStore } from '../audit/checkpoint-store.ts'
import { sendToSyslog } from '../audit/send-syslog.ts'
import { createCheckpointTaker } from '../audit/take-checkpoint.ts'
import { describeChainProblem } from '../audit/verify-audit.ts'
import { createAuditWatch } from '../audit/watch-audit.ts'
import { listSealedAuditKeys, openAuditKey } from '../signer/audit-key.ts'
import { certifyAuditKey } from '../signer/certify-audit-key.ts'
import type { BaseDependencies } from './portal-ground.ts'

type OnFailure = (what: string, error: unknown) => void

/** The audit log of a portal: its rows, the checkpoints that sign them, and what watches both. */
export function buildAudit(base: BaseDependencies, onFailure: OnFailure) {
  const { config, keys, database, clock, log } = base
  const audit = createAuditStore(database)
  const checkpoints = createCheckpointStore(database)
  const checkpointFiles = config.audit.checkpointFiles.map(createCheckpointFile)
  const openAuditSigner = () => openCertifiedKey(base, onFailure)
  const readEvidence = async () => ({
    keys: await listSealedAuditKeys(database.queries, keys.authorityKey),
    kept: checkpointFiles.flatMap((file) => file.readNewest()),
  })
  return {
    audit,
    checkpoints,
    openAuditSigner,
    takeCheckpoint: createCheckpointTaker({
      audit,
      checkpoints,
      openSigner: openAuditSigner,
      files: checkpointFiles,
      clock,
      async announce(checkpoint) {
        log.info({ checkpoint: formatCheckpoint(checkpoint) }, 'audit checkpoint')
        const { syslog } = config.audit
        if (syslog !== null)
          await sendToSyslog(syslog, checkpoint).catch((error) => onFailure('send-to-syslog', error))
      },
    }),
    watch: createAuditWatch({ audit, checkpoints, readEvidence }, clock, ({ problem }) =>
      log.error({ problem }, problem && describeChainProblem(problem)),
    ),
    access: createAccessSummary({ database, clock }),
  }
}

/** The key of the audit log, with a certificate as soon as the root can give it one. */
async function openCertifiedKey({ database, keys, hsm, clock }: BaseDependencies, onFailure: OnFailure) {
  const key = await openAuditKey(database, keys.authorityKey, clock)
  // A token that is away delays the certificate, and no checkpoint.
  const access = { database, authorityKey: keys.authorityKey, hsm, clock }
  await certifyAuditKey(access, key).catch((error) => onFailure('certify-audit-key', error))
  return key
}
