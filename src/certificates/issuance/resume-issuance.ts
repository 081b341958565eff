import { PostponedJob } from '../../jobs/run-jobs.ts'
import { type IssueDependencies, issueCertificate } from './issue-certificate.ts'

/**
 * Signs what was to be signed and was not when the process ended, as it stands. To be run at the start. One
 * that fails does not hold up the others: its job tries it again.
 */
export async function resumeIssuance(
  dependencies: IssueDependencies,
  onFailure: (what: string, error: unknown) => void,
): Promise<void> {
  for (const id of await dependencies.issuance.listToBeSigned()) {
    await issueCertificate(dependencies, id).catch((error) => {
      if (!(error instanceof PostponedJob)) onFailure('resume-issuance', error)
    })
  }
}
