import { readFileSync } from 'node:fs'
import { PosternError } from '../errors.ts'
import { verifyEvidencePack } from '../evidence/verify-pack.ts'
import { findPemBlocks } from '../pki/pem.ts'

/** Verifies an evidence pack without the store. Gives the exit code: 1 where something does not fit. */
export async function auditVerifyPack(file: string, { key }: { key?: string }): Promise<number> {
  const expected = key === undefined ? undefined : findPemBlocks(read(key).toString('utf8'))[0]?.der
  if (key !== undefined && expected === undefined)
    throw new PosternError('bad_request', `${key} holds no public key in PEM.`)
  const findings = await verifyEvidencePack(read(file), expected).catch((error) => {
    throw new PosternError('bad_request', `${file} is not an evidence pack, or it is damaged.`, {
      cause: error,
    })
  })
  for (const { question, problem } of findings)
    process.stdout.write(problem === undefined ? `yes  ${question}.\n` : `NO   ${question}: ${problem}.\n`)
  if (key === undefined)
    process.stdout.write(
      'The key of the audit log was taken from the pack itself. Give --key with one that you got otherwise.\n',
    )
  process.stdout.write(
    'This shows that what is in the pack is genuine, not that nothing was left out: for a revocation ask the CRL or OCSP.\n',
  )
  return findings.every(({ problem }) => problem === undefined) ? 0 : 1
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new PosternError('bad_request', `${file} cannot be read. Name a file that is there.`, {
      cause: error,
    })
  }
}
