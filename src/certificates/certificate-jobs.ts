/** The kind of the jobs that issue certificates; their key is the certificate's id. */
export const issueJob = 'issue-certificate'

/** The kind of the jobs that publish CRLs; their key is the name of the list. */
export const publishListJob = 'publish-revocation-list'

/**
 * How long the worker leaves a job alone that the request itself is doing, milliseconds. It only has
 * something to do when that request has failed or its process has died.
 */
export const graceMilliseconds = 4_000
