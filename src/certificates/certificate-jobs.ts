/** The kind of the jobs that issue certificates; their key is the certificate's id. */
export const issueJob = 'issue-certificate'

/** The kind of the jobs that publish CRLs; their key is the name of the CRL. */
export const publishListJob = 'publish-revocation-list'

/** The kind of the jobs that revoke many certificates; their key is the ID of the bulk revocation. */
export const bulkRevocationJob = 'revoke-certificates'

/**
 * How long the worker leaves a job to the request that creates it, milliseconds. The worker only has to act
 * if that request has failed or its process has died.
 */
export const graceMs = 4_000
