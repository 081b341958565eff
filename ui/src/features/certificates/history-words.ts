/** The label of each type of change of a certificate. A type without a label is shown as it is. */
const words: Record<string, string> = {
  'certificate.created': 'Created',
  'certificate.updated': 'Details changed',
  'certificate.submitted': 'CSR submitted',
  'certificate.registered': 'Registered, key proven',
  'certificate.prepared': 'Certificate prepared',
  'certificate.approved': 'Approved',
  'certificate.rejected': 'Rejected',
  'certificate.issued': 'Issued',
  'certificate.cancelled': 'Cancelled',
  'certificate.revoked': 'Revoked',
}

/** Returns the label of a type of change. */
export const eventWords = (type: string): string => words[type] ?? type
