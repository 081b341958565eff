import { oids } from '../der/oids.ts'
import { certificateRules } from './certificate-rules.ts'
import { extensionRules } from './extension-rules.ts'
import { type LintRule, unless } from './lint-rule.ts'
import { nameRules } from './subject-rules.ts'

const mostDays = 7
const day = 86_400_000

/** The extensions of the profile and whether each is critical. */
const profile = new Map<string, boolean>([
  [oids.authorityKeyIdentifier, false],
  [oids.subjectKeyIdentifier, false],
  [oids.keyUsage, true],
  [oids.extendedKeyUsage, false],
  [oids.basicConstraints, true],
  [oids.ocspNoCheck, false],
])

/** The rules for the certificate of an OCSP responder, each with its clause. */
export const responderCertificateRules: readonly LintRule[] = [
  ...certificateRules,
  {
    rule: 'short-lived',
    clause: 'RFC 6960, 4.2.2.2.1',
    findProblem: ({ notBefore, notAfter }) =>
      unless(
        notAfter - notBefore <= mostDays * day,
        `nobody can ask whether it is revoked, and it lasts longer than ${mostDays} days`,
      ),
  },
  {
    rule: 'subject complete',
    clause: 'RFC 5280, 4.1.2.6',
    findProblem: ({ subject }) =>
      unless(
        subject.some(({ type }) => type === oids.commonName),
        'the common name is missing',
      ),
  },
  ...nameRules,
  ...extensionRules(profile, 'ocspSigning'),
]
