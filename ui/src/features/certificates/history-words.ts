/** The label of each audited action on a certificate. An action without a label is shown by its code. */
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

/** Returns the label of an action. */
export const actionWords = (action: string): string => words[action] ?? action
