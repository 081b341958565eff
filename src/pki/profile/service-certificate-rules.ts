import { oids } from '../der/oids.ts'
import { certificateRules } from './certificate-rules.ts'
import { extensionRules } from './extension-rules.ts'
import type { CertificateRule } from './lint-input.ts'
import { unless } from './lint-rule.ts'
import { commonNameRule, nameRules } from './subject-rules.ts'

const maxResponderDays = 7
const maxOutgoingDays = 100
const day = 86_400_000

/** The extensions that each of these certificates has, and whether each is critical. */
const common: readonly [string, boolean][] = [
  [oids.authorityKeyIdentifier, false],
  [oids.subjectKeyIdentifier, false],
  [oids.keyUsage, true],
  [oids.extendedKeyUsage, false],
  [oids.basicConstraints, true],
]

/** The rules for a certificate of a service of Postern's own, with one purpose, these extensions and these rules more. */
const serviceRules = (
  purposes: string,
  extensions: readonly [string, boolean][] = [],
  rules: readonly CertificateRule[] = [],
): readonly CertificateRule[] => [
  ...certificateRules,
  ...rules,
  commonNameRule,
  ...nameRules,
  ...extensionRules({ profile: new Map([...common, ...extensions]), purposes }),
]

/** The rules for the certificate of an OCSP responder, each with its clause. */
export const responderCertificateRules = serviceRules(
  'ocspSigning',
  [[oids.ocspNoCheck, false]],
  [
    {
      rule: 'short-lived',
      clause: 'RFC 6960, 4.2.2.2.1',
      findProblem: ({ notBefore, notAfter }) =>
        unless(
          notAfter - notBefore <= maxResponderDays * day,
          `nobody can ask whether it is revoked, and it lasts longer than ${maxResponderDays} days`,
        ),
    },
  ],
)

/** The rules for the certificate of the key that signs the audit log (RFC 9336), each with its clause. */
export const auditCertificateRules = serviceRules('documentSigning')

/** The rules for a certificate that Postern presents to servers of others, each with its clause. */
export const outgoingCertificateRules = serviceRules(
  'clientAuth',
  [],
  [
    {
      rule: 'short-lived',
      clause: 'RFC 5280, 4.2.1.13',
      findProblem: ({ notBefore, notAfter }) =>
        unless(
          notAfter - notBefore <= maxOutgoingDays * day,
          `nobody can ask whether it is revoked, and it lasts longer than ${maxOutgoingDays} days`,
        ),
    },
  ],
)

/** The rules for the certificate of a TLS server, each with its clause. */
export const serverCertificateRules = serviceRules(
  'serverAuth',
  [[oids.subjectAltName, false]],
  [
    {
      rule: 'alternative name',
      clause: 'RFC 9525, 6.1',
      findProblem: ({ subjectAltNames = [] }) =>
        unless(
          subjectAltNames.length > 0 && subjectAltNames.every(({ type }) => type === 'dns' || type === 'ip'),
          'there is none, or one that is no DNS name or IP address',
        ),
    },
  ],
)
