import { existsSync, readFileSync } from 'node:fs'
import type { CopyProof, KeyProof } from '../backup/check-copy-store.ts'
import { parseIdentities } from '../backup/encrypted-file.ts'
import { withWorkFolder } from '../backup/work-folder.ts'
import type { Config } from '../config/config.ts'
import { assertPrivate } from '../config/private-file.ts'
import { formatCount } from '../contract/format-count.ts'
import { PosternError } from '../errors.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import { listSealedAuditKeys } from '../signer/audit-key.ts'
import { proveIssuerKeys } from '../signer/prove-keys.ts'
import { lockFile } from './lock-data-folder.ts'

/** Returns what opens the keys of a copy with the authority key. */
export const toKeyProof = (authorityKey: MasterKey): KeyProof => ({
  proveIssuerKeys: (queries) => proveIssuerKeys(queries, authorityKey),
  listAuditKeys: (queries) => listSealedAuditKeys(queries, authorityKey),
})

/** Runs `work` with an empty folder in the data folder; one command at a time has it. */
export const inWorkFolder = <T>(dataFolder: string, work: (folder: string) => Promise<T>): Promise<T> =>
  withWorkFolder(
    dataFolder,
    (path) =>
      lockFile(path, 'Another backup, drill or restore runs on this data folder. Wait until it has ended.'),
    work,
  )

/** Reads the private keys in a file. Throws `bad_request`, and `config_invalid` for a file that others can read. */
export function readIdentities(file: string, { profile }: Config): Promise<string[]> {
  if (!existsSync(file)) throw new PosternError('bad_request', `${file} does not exist.`)
  assertPrivate(profile, [{ setting: '--identity', path: file }])
  return parseIdentities(readFileSync(file, 'utf8'))
}

/** Returns the text of the checkpoints of the audit log that are kept outside the store, of the first file. */
export function readCheckpoints({ audit }: Config): string {
  const file = audit.checkpointFiles.find((path) => existsSync(path))
  return file === undefined ? '' : readFileSync(file, 'utf8')
}

/** Returns what a check of a copy has proven. */
export function describeProof({ rows, issuerKeys, auditRows, auditProblem }: CopyProof): string[] {
  return [
    `${formatCount(rows, 'row')} were read back and compared.`,
    issuerKeys === undefined
      ? 'The keys of the CAs were not opened: the authority key is not at hand (POSTERN_AUTHORITY_KEY).'
      : `${formatCount(issuerKeys, 'key')} of CAs opened and signed.`,
    auditProblem ?? `The audit log is whole: ${formatCount(auditRows, 'row')}.`,
  ]
}
