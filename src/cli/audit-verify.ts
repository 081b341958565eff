import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { createAuditStore } from '../audit/audit-store.ts'
import type { Checkpoint } from '../audit/checkpoint.ts'
import { createCheckpointStore } from '../audit/checkpoint-store.ts'
import { describeChainProblem, verifyAudit } from '../audit/verify-audit.ts'
import { readSettings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { toSecrets } from '../config/to-secrets.ts'
import { AuditStateView } from '../contract/audit.ts'
import { PosternError } from '../errors.ts'
import { openDatabase } from '../storage/database.ts'

/** Verifies the audit log of the store. Gives the exit code: 1 where something is not as it was written. */
export async function auditVerify({ checkpoint = [] }: { checkpoint?: string[] }): Promise<number> {
  const kept = checkpoint.map(readCheckpoint)
  const settings = readSettings()
  const database = await openDatabase(toSecrets(settings, toConfig(settings), 'tool').storage)
  try {
    const parts = { audit: createAuditStore(database), checkpoints: createCheckpointStore(database) }
    const { end, checkpoints, problem } = await verifyAudit(parts, kept)
    if (problem !== undefined) {
      process.stdout.write(`${describeChainProblem(problem)}\n`)
      return 1
    }
    process.stdout.write(
      `The audit log is whole: ${end.sequence} rows, ${checkpoints} signed checkpoints.\nIts last hash is ${end.hash}.\n`,
    )
    return 0
  } finally {
    await database.close()
  }
}

const KeptCheckpoint = z.union([
  AuditStateView.shape.checkpoint.unwrap(),
  AuditStateView.transform(({ checkpoint }) => checkpoint).pipe(AuditStateView.shape.checkpoint.unwrap()),
])

function readCheckpoint(file: string): Checkpoint {
  try {
    const { sequence, hash, at, keyId, signature } = KeptCheckpoint.parse(
      JSON.parse(readFileSync(file, 'utf8')),
    )
    return { sequence, hash, at: Date.parse(at), keyId, signature: Buffer.from(signature, 'base64') }
  } catch (error) {
    throw new PosternError(
      'bad_request',
      `${file} does not hold a checkpoint. Give the JSON that the operation getAuditState answered with.`,
      { cause: error },
    )
  }
}
