import { sendResetJob } from '../accounts/reset-store.ts'
import { bulkRevocationJob, issueJob, publishListJob } from '../certificates/certificate-jobs.ts'
import { issueCertificate } from '../certificates/issuance/issue-certificate.ts'
import { proveByHandshake } from '../certificates/registration/prove-registration.ts'
import { failBulkRevocation, runBulkRevocation } from '../certificates/revocation/run-bulk-revocation.ts'
import { proveJob } from '../contract/registration.ts'
import type { Lane } from '../jobs/run-jobs.ts'
import type { Mail } from '../notifications/open-mail.ts'
import { sendMailJob } from '../notifications/outbox-store.ts'
import type { Dependencies } from './portal-dependencies.ts'

const quarterHour = 15 * 60
const hour = 60 * 60
/** Enough attempts for two days without a key or the network. */
const twoDays = { quarterly: 200, hourly: 60 }

/**
 * Returns the settings of each kind of job. No kind waits for another: certificates and CRLs never wait for
 * emails.
 */
export function buildLanes(
  dependencies: Pick<
    Dependencies,
    | 'issue'
    | 'publisher'
    | 'registering'
    | 'outbox'
    | 'certificates'
    | 'bulkProgress'
    | 'resets'
    | 'auditExport'
    | 'onFailure'
  >,
  mail: Mail,
): Record<string, Lane> {
  const { issue, publisher, certificates, bulkProgress, onFailure } = dependencies
  const crl = { publish: publisher.publishRevocation, onFailure }
  const revoking = { ...issue, certificates, bulkProgress, crl }
  const steady = { maxAttempts: twoDays.quarterly, longestDelaySeconds: quarterHour }
  return {
    [issueJob]: {
      ...steady,
      handler: (id) => issueCertificate(dependencies.issue, id),
      workers: 2,
      attemptSeconds: 60,
    },
    // A CRL with a million entries takes a while.
    [publishListJob]: {
      ...steady,
      handler: dependencies.publisher.publishRevocation,
      workers: 1,
      attemptSeconds: 10 * 60,
    },
    [bulkRevocationJob]: {
      ...steady,
      handler: (id, signal) => runBulkRevocation(revoking, id, signal),
      workers: 2,
      attemptSeconds: 6 * hour,
      onGivenUp: (id) => failBulkRevocation(revoking, id),
    },
    [proveJob]: {
      ...steady,
      handler: (id) => proveByHandshake(dependencies.registering, id),
      workers: 2,
      attemptSeconds: 60,
    },
    [sendResetJob]: {
      handler: (key) => dependencies.resets.send(key, issue.clock.now()),
      workers: 1,
      attemptSeconds: 60,
      // Later, the user has asked again.
      maxAttempts: 60,
      longestDelaySeconds: 60,
    },
    [sendMailJob]: {
      handler: mail.send,
      workers: 4,
      // A slow mail server gets enough time: an aborted email is sent again.
      attemptSeconds: 5 * 60,
      maxAttempts: twoDays.hourly,
      longestDelaySeconds: hour,
      onGivenUp: dependencies.outbox.markUndeliverable,
    },
    ...dependencies.auditExport.lanes,
  }
}
