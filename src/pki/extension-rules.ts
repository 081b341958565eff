import { type LintRule, unless } from './lint-rule.ts'
import { oidName, oids } from './oids.ts'
import { isSameBytes } from './same-bytes.ts'

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

/** What the extensions of a client certificate keep. */
export const extensionRules: readonly LintRule[] = [
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
      unless(extendedKeyUsage?.join() === 'clientAuth', 'it allows another purpose than clientAuth'),
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
  {
    rule: 'alternative name',
    clause: 'RFC 5280, 4.2.1.6',
    findProblem: ({ subjectAltNames: [name, ...others] = [] }) =>
      unless(
        name?.type === 'uri' && /^[a-z][a-z0-9+.-]*:./i.test(name.value) && others.length === 0,
        'it is not exactly one absolute URI',
      ),
  },
  {
    rule: 'where the CRL is',
    clause: 'RFC 5280, 4.2.1.13',
    findProblem: ({ crlDistributionPoints = [] }) =>
      unless(isOneWebAddress(crlDistributionPoints), 'it is not exactly one http address'),
  },
  {
    rule: 'where the issuer is',
    clause: 'RFC 5280, 4.2.2.1',
    findProblem: ({ caIssuers = [] }) =>
      unless(isOneWebAddress(caIssuers), 'it is not exactly one http address'),
  },
]

function isOneWebAddress(uris: readonly string[]): boolean {
  return uris.length === 1 && /^https?:\/\/[^/\s]+/.test(uris[0] as string)
}
