/** What each audited act on a certificate is called. An act without a name of its own is shown as it is recorded. */
const words: Record<string, string> = {
  'certificate.created': 'Begun',
  'certificate.updated': 'Details changed',
  'certificate.submitted': 'Signing request submitted',
  'certificate.registered': 'Registered, its key proven',
  'certificate.planned': 'Certificate planned',
  'certificate.approved': 'Approved',
  'certificate.rejected': 'Rejected',
  'certificate.issued': 'Issued',
  'certificate.downloaded': 'Downloaded',
  'certificate.cancelled': 'Cancelled',
  'certificate.revoked': 'Revoked',
  'certificate.rotated': 'Successor begun',
}

/** An act in words. */
export const actionWords = (action: string): string => words[action] ?? action
