import { oids } from '../der/oids.ts'
import { crlAddressRule, isOneWebAddress, issuerAddressRule } from './address-rules.ts'
import { certificateRules } from './certificate-rules.ts'
import { extensionRules } from './extension-rules.ts'
import type { CertificateRule } from './lint-input.ts'
import { unless } from './lint-rule.ts'
import { nameRules, subjectRules } from './subject-rules.ts'

/** The extensions of the profile and whether each is critical. */
const profile = new Map<string, boolean>([
  [oids.authorityKeyIdentifier, false],
  [oids.subjectKeyIdentifier, false],
  [oids.keyUsage, true],
  [oids.extendedKeyUsage, false],
  [oids.basicConstraints, true],
  [oids.subjectAltName, false],
  [oids.cRLDistributionPoints, false],
  [oids.authorityInfoAccess, false],
])

const addresses: readonly CertificateRule[] = [
  {
    rule: 'alternative name',
    clause: 'RFC 5280, 4.2.1.6',
    findProblem: ({ subjectAltNames: [name, ...others] = [] }) =>
      unless(
        name?.type === 'uri' && /^[a-z][a-z0-9+.-]*:./i.test(name.value) && others.length === 0,
        'it is not exactly one absolute URI',
      ),
  },
  crlAddressRule,
  {
    rule: 'where the OCSP responder is',
    clause: 'RFC 6960, 3.1',
    findProblem: ({ ocspResponders = [] }) =>
      unless(isOneWebAddress(ocspResponders), 'it is not exactly one http address'),
  },
  issuerAddressRule,
]

/** The rules for a client certificate, each with its clause. */
export const clientCertificateRules: readonly CertificateRule[] = [
  ...certificateRules,
  ...subjectRules,
  ...nameRules,
  ...extensionRules({ profile, purposes: 'clientAuth' }),
  ...addresses,
]
