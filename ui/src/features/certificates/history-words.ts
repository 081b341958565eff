/** What each audited act on a certificate is called. An act without a name of its own is shown as it is recorded. */
const words: Record<string, string> = {
  'certificate.created': 'Begun',
  'certificate.updated': 'Details changed',
  'certificate.submitted': 'Signing request submitted',
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

/** The details of an act as name and text, in the order of the record. */
export function detailLines(details: Record<string, unknown>): { name: string; text: string }[] {
  return Object.entries(details)
    .filter(([, value]) => value !== null && value !== '' && value !== undefined)
    .map(([name, value]) => ({
      name: name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase(),
      text: typeof value === 'object' ? JSON.stringify(value) : String(value),
    }))
}
