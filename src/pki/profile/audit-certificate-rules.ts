import { oids } from '../der/oids.ts'
import { certificateRules } from './certificate-rules.ts'
import { extensionRules } from './extension-rules.ts'
import { type LintRule, unless } from './lint-rule.ts'
import { nameRules } from './subject-rules.ts'

/** The extensions of the profile and whether each is critical. */
const profile = new Map<string, boolean>([
  [oids.authorityKeyIdentifier, false],
  [oids.subjectKeyIdentifier, false],
  [oids.keyUsage, true],
  [oids.extendedKeyUsage, false],
  [oids.basicConstraints, true],
])

/** The rules for the certificate of the key that signs the audit log, each with its clause. */
export const auditCertificateRules: readonly LintRule[] = [
  ...certificateRules,
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
  ...extensionRules(profile, 'documentSigning'),
]
