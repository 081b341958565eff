import { oids } from '../der/oids.ts'
import { isSameBytes } from '../der/same-bytes.ts'
import { crlAddressRule, issuerAddressRule } from './address-rules.ts'
import { certificateRules } from './certificate-rules.ts'
import { extensionRules } from './extension-rules.ts'
import type { CertificateRule } from './lint-input.ts'
import { unless } from './lint-rule.ts'
import { commonNameRule, nameRules } from './subject-rules.ts'

/** The extensions of a CA and whether each is critical. */
const common: readonly [string, boolean][] = [
  [oids.subjectKeyIdentifier, false],
  [oids.keyUsage, true],
  [oids.basicConstraints, true],
]

const selfIssued: CertificateRule = {
  rule: 'self-issued',
  clause: 'RFC 5280, 3.2',
  findProblem: ({ issuerDer, subjectDer, subjectKeyIdentifier }, issuer) =>
    unless(
      isSameBytes(issuerDer, subjectDer) &&
        subjectKeyIdentifier !== undefined &&
        isSameBytes(subjectKeyIdentifier, issuer.subjectKeyIdentifier),
      'its issuer has another name or key than its subject',
    ),
}

/** The rules for a root, which certifies itself, each with its clause. */
export const rootRules: readonly CertificateRule[] = [
  ...certificateRules,
  selfIssued,
  commonNameRule,
  ...nameRules,
  ...extensionRules({ profile: new Map(common), authority: {} }),
]

/** The rules for an issuing CA of clients and of its OCSP responders, each with its clause. */
export const issuingCaRules: readonly CertificateRule[] = [
  ...certificateRules,
  commonNameRule,
  ...nameRules,
  ...extensionRules({
    profile: new Map([
      ...common,
      [oids.authorityKeyIdentifier, false],
      [oids.extendedKeyUsage, false],
      [oids.cRLDistributionPoints, false],
      [oids.authorityInfoAccess, false],
    ]),
    purposes: 'clientAuth,ocspSigning',
    authority: { pathLength: 0 },
  }),
  crlAddressRule,
  issuerAddressRule,
]
