import { type IssueParts, issueCertificate } from './issue-certificate.ts'

/**
 * Signs what was to be signed and was not when the process ended, as it stands. To be run at the start. One
 * that fails does not hold up the others: its job tries it again.
 */
export async function resumeIssuance(
  parts: IssueParts,
  onFailure: (what: string, error: unknown) => void,
): Promise<void> {
  for (const id of await parts.issuance.listToBeSigned()) {
    await issueCertificate(parts, id).catch((error) => onFailure('resume-issuance', error))
  }
}
