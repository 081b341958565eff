import { existsSync } from 'node:fs'
import { readBack } from '../backup/write-backup.ts'
import { readSettings } from '../config/read-settings.ts'
import { toConfig } from '../config/to-config.ts'
import { findMasterKey } from '../config/to-secrets.ts'
import { PosternError } from '../errors.ts'
import { describeProof, inWorkFolder, readIdentities, toKeyProof } from './backup-tools.ts'

/**
 * Opens a backup with the private key of its recipient and checks all of it. Returns the exit code: 1 if the audit log in
 * it has a problem. Throws `backup_damaged`, `backup_identity_wrong` or `master_key_wrong`.
 */
export async function backupVerify(file: string, { identity }: { identity: string }): Promise<number> {
  const settings = readSettings()
  const config = toConfig(settings)
  if (!existsSync(file)) throw new PosternError('bad_request', `${file} does not exist.`)
  const identities = await readIdentities(identity, config)
  const key = findMasterKey(settings, config, 'authority')
  const proof = await inWorkFolder(config.dataFolder, (folder) =>
    readBack(file, identities, { folder, keys: key && toKeyProof(key) }),
  )
  const { takenAt, release } = proof.head
  const taken = `It holds the store as it was at ${new Date(takenAt).toISOString()}, of release ${release}.`
  process.stdout.write(`${[`${file} is whole.`, taken, ...describeProof(proof)].join('\n')}\n`)
  return proof.auditProblem === undefined ? 0 : 1
}
