import { PosternError } from '../errors.ts'
import { verifyEvidencePack } from '../evidence/verify-pack.ts'
import { readGiven, readPublicKey, readRoot } from './read-anchor.ts'

/** Verifies an evidence pack without the store. Returns the exit code: 1 if a check fails. */
export async function auditVerifyPack(
  file: string,
  { key, root }: { key?: string; root?: string },
): Promise<number> {
  const anchor = {
    key: key === undefined ? undefined : readPublicKey(key),
    root: root === undefined ? undefined : readRoot(root),
  }
  const findings = await verifyEvidencePack(readGiven(file), anchor).catch((error: Error) => {
    throw new PosternError(
      'bad_request',
      `${file} is not an evidence pack, or it is damaged: ${error.message}.`,
      { cause: error },
    )
  })
  for (const { question, problem } of findings)
    process.stdout.write(problem === undefined ? `yes  ${question}.\n` : `NO   ${question}: ${problem}.\n`)
  if (key === undefined && root === undefined)
    process.stdout.write(
      'The key of the audit log and the root were taken from the pack itself: anybody can make such a pack. Give --root or --key with one that you got otherwise.\n',
    )
  process.stdout.write(
    'This shows that what is in the pack is genuine, not that nothing was left out: for a revocation ask the CRL or OCSP.\n',
  )
  return findings.every(({ problem }) => problem === undefined) ? 0 : 1
}
