import type { CertificateRule } from './lint-input.ts'
import { unless } from './lint-rule.ts'

export const crlAddressRule: CertificateRule = {
  rule: 'where the CRL is',
  clause: 'RFC 5280, 4.2.1.13',
  findProblem: ({ crlDistributionPoints = [] }) =>
    unless(isOneWebAddress(crlDistributionPoints), 'it is not exactly one http address'),
}

export const issuerAddressRule: CertificateRule = {
  rule: 'where the issuer is',
  clause: 'RFC 5280, 4.2.2.1',
  findProblem: ({ caIssuers = [] }) =>
    unless(isOneWebAddress(caIssuers), 'it is not exactly one http address'),
}

export function isOneWebAddress(uris: readonly string[]): boolean {
  return uris.length === 1 && /^https?:\/\/[^/\s]+/.test(uris[0] as string)
}
