import { oidName } from '../der/oids.ts'
import { isSameBytes } from '../der/same-bytes.ts'
import { type LintRule, unless } from './lint-rule.ts'

/**
 * What the extensions of a certificate keep that is no CA: those of `profile` (with whether each is
 * critical) and no others, and one purpose.
 */
export const extensionRules = (profile: ReadonlyMap<string, boolean>, purpose: string): LintRule[] => [
  {
    rule: 'the extensions of the profile',
    clause: 'RFC 5280, 4.2',
    findProblem: ({ critical }) => {
      const missing = [...profile.keys()].filter((oid) => !critical.has(oid))
      const other = [...critical.keys()].filter((oid) => !profile.has(oid))
      return unless(
        missing.length === 0 && other.length === 0,
        `missing: ${missing.map(oidName).join(' ') || 'none'}, foreign: ${other.map(oidName).join(' ') || 'none'}`,
      )
    },
  },
  {
    rule: 'critical bits',
    clause: 'RFC 5280, 4.2.1',
    findProblem: ({ critical }) => {
      const wrong = [...critical].find(([oid, isCritical]) => profile.get(oid) === !isCritical)
      return wrong && `${oidName(wrong[0])} is ${wrong[1] ? 'critical' : 'not critical'}`
    },
  },
  {
    rule: 'authority key identifier',
    clause: 'RFC 5280, 4.2.1.1',
    findProblem: ({ authorityKeyIdentifier }, issuer) =>
      unless(
        authorityKeyIdentifier !== undefined &&
          isSameBytes(authorityKeyIdentifier, issuer.subjectKeyIdentifier),
        'it is not the issuer’s subject key identifier',
      ),
  },
  {
    rule: 'subject key identifier',
    clause: 'RFC 5280, 4.2.1.2',
    findProblem: ({ subjectKeyIdentifier }) =>
      unless(
        subjectKeyIdentifier !== undefined && subjectKeyIdentifier.length >= 8,
        'it is missing or too short',
      ),
  },
  {
    rule: 'key usage',
    clause: 'RFC 5280, 4.2.1.3',
    findProblem: ({ keyUsage }) =>
      unless(keyUsage?.join() === 'digitalSignature', 'it allows another use than digitalSignature'),
  },
  {
    rule: 'extended key usage',
    clause: 'RFC 5280, 4.2.1.12',
    findProblem: ({ extendedKeyUsage }) =>
      unless(extendedKeyUsage?.join() === purpose, `it allows another purpose than ${purpose}`),
  },
  {
    rule: 'no CA',
    clause: 'RFC 5280, 4.2.1.9',
    findProblem: ({ basicConstraints }) =>
      unless(
        basicConstraints?.ca === false && basicConstraints.pathLength === undefined,
        'it would be a CA or has a path length',
      ),
  },
]
