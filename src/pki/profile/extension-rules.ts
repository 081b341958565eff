import { oidName, oids } from '../der/oids.ts'
import { isSameBytes } from '../der/same-bytes.ts'
import type { CertificateRule } from './lint-input.ts'
import { unless } from './lint-rule.ts'

/** What the extensions of one kind of certificate are. */
interface ExtensionProfile {
  /** Those that are there, and no others, and whether each is critical. */
  profile: ReadonlyMap<string, boolean>
  /** The purposes, joined by commas; absent where there is no such extension. */
  purposes?: string
  /** Of a CA; a path length that is absent is no limit. Absent for a certificate of no CA. */
  authority?: { pathLength?: number }
}

/** What the extensions of a certificate keep. */
export const extensionRules = ({ profile, purposes, authority }: ExtensionProfile): CertificateRule[] => [
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
  ...keyRules(profile),
  keyUsageRule(authority === undefined ? 'digitalSignature' : 'keyCertSign,cRLSign'),
  {
    rule: 'extended key usage',
    clause: 'RFC 5280, 4.2.1.12',
    findProblem: ({ extendedKeyUsage }) =>
      unless(extendedKeyUsage?.join() === purposes, `it allows another purpose than ${purposes ?? 'any'}`),
  },
  authority === undefined ? noAuthority : authorityRule(authority.pathLength),
]

/** A root names no key of an issuer: its own would say nothing. */
const keyRules = (profile: ReadonlyMap<string, boolean>): CertificateRule[] => [
  ...(profile.has(oids.authorityKeyIdentifier) ? [authorityKeyRule] : []),
  {
    rule: 'subject key identifier',
    clause: 'RFC 5280, 4.2.1.2',
    findProblem: ({ subjectKeyIdentifier }) =>
      unless(
        subjectKeyIdentifier !== undefined && subjectKeyIdentifier.length >= 8,
        'it is missing or too short',
      ),
  },
]

const authorityKeyRule: CertificateRule = {
  rule: 'authority key identifier',
  clause: 'RFC 5280, 4.2.1.1',
  findProblem: ({ authorityKeyIdentifier }, issuer) =>
    unless(
      authorityKeyIdentifier !== undefined &&
        isSameBytes(authorityKeyIdentifier, issuer.subjectKeyIdentifier),
      'it is not the issuer’s subject key identifier',
    ),
}

/** `usages` in the order of their bits (RFC 5280, 4.2.1.3), joined by commas. */
const keyUsageRule = (usages: string): CertificateRule => ({
  rule: 'key usage',
  clause: 'RFC 5280, 4.2.1.3',
  findProblem: ({ keyUsage }) => unless(keyUsage?.join() === usages, `it allows another use than ${usages}`),
})

const noAuthority: CertificateRule = {
  rule: 'no CA',
  clause: 'RFC 5280, 4.2.1.9',
  findProblem: ({ basicConstraints }) =>
    unless(
      basicConstraints?.ca === false && basicConstraints.pathLength === undefined,
      'it would be a CA or has a path length',
    ),
}

const authorityRule = (pathLength: number | undefined): CertificateRule => ({
  rule: 'CA',
  clause: 'RFC 5280, 4.2.1.9',
  findProblem: ({ basicConstraints }) =>
    unless(
      basicConstraints?.ca === true && basicConstraints.pathLength === pathLength,
      `it would be no CA, or its path length is not ${pathLength ?? 'absent'}`,
    ),
})
