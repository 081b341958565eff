import { isSameBytes } from '../der/same-bytes.ts'
import { encodeName } from '../name/name.ts'
import { issuingCaRules, rootRules } from './authority-certificate-rules.ts'
import { draftAuthorityCertificate, type IssuerDetails, type RootFields } from './certificate-profile.ts'
import { clientCertificateRules } from './client-certificate-rules.ts'
import { type CertificateRule, readLintInput } from './lint-input.ts'
import { assertNoFindings, findBrokenRules, type LintFinding, unreadable } from './lint-rule.ts'
import {
  auditCertificateRules,
  outgoingCertificateRules,
  responderCertificateRules,
  serverCertificateRules,
} from './service-certificate-rules.ts'

/** The kinds of certificate that Postern signs: each has rules of its own. */
export type CertificateKind = 'client' | 'responder' | 'audit' | 'outgoing' | 'server' | 'issuing' | 'root'

const rulesOf: Record<CertificateKind, readonly CertificateRule[]> = {
  client: clientCertificateRules,
  responder: responderCertificateRules,
  audit: auditCertificateRules,
  outgoing: outgoingCertificateRules,
  server: serverCertificateRules,
  issuing: issuingCaRules,
  root: rootRules,
}

/**
 * Every rule that a TBSCertificate breaks; empty when it may be signed. It reads the octets themselves, so it
 * also notices a fault of the code that wrote them. The issuer of a root is the root.
 */
export function lintCertificate(
  kind: CertificateKind,
  tbs: Uint8Array,
  issuer: IssuerDetails,
): LintFinding[] {
  const details = readLintInput(tbs)
  if (typeof details === 'string') return unreadable('RFC 5280, 4.1', details)
  return findBrokenRules(rulesOf[kind], details, issuer)
}

/**
 * A TBSCertificate (RFC 5280, 4.1) that keeps every rule of its kind for its issuer. To make one is to lint it:
 * the constructor throws `profile_violation` for any other, and no cast gives octets `der`.
 */
export class SoundTbsCertificate<Kind extends CertificateKind = CertificateKind> {
  readonly #der: Uint8Array
  readonly kind: Kind
  readonly issuer: IssuerDetails

  constructor(kind: Kind, der: Uint8Array, issuer: IssuerDetails) {
    assertNoFindings('The TBSCertificate', lintCertificate(kind, der, issuer))
    this.#der = der
    this.kind = kind
    this.issuer = issuer
  }

  get der(): Uint8Array {
    return this.#der
  }
}

/** The TBSCertificate of a root, whose issuer it is itself. Throws `profile_violation`. */
export function draftRoot(fields: RootFields): SoundTbsCertificate<'root'> {
  const { subject, subjectKeyIdentifier, signatureAlgorithm, notAfter } = fields
  const self = { subjectDer: encodeName(subject), subjectKeyIdentifier, signatureAlgorithm, notAfter }
  return new SoundTbsCertificate('root', draftAuthorityCertificate({ kind: 'root', ...fields }), self)
}

/** Whether what was linted for one issuer is what this one would sign: by name, key and algorithm. */
export const isSameIssuer = (one: ListIssuer, other: ListIssuer): boolean =>
  isSameBytes(one.subjectDer, other.subjectDer) &&
  isSameBytes(one.subjectKeyIdentifier, other.subjectKeyIdentifier) &&
  one.signatureAlgorithm === other.signatureAlgorithm

/** What a CRL needs to know of its issuer. */
export type ListIssuer = Pick<IssuerDetails, 'subjectDer' | 'subjectKeyIdentifier' | 'signatureAlgorithm'>
