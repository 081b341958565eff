import { time } from '../der/der-writer.ts'
import { oidName, oids } from '../der/oids.ts'
import { isSameBytes } from '../der/same-bytes.ts'
import { encodeSignatureAlgorithm } from '../key/signature-algorithm.ts'
import { authorityKeyIdentifierValue } from '../profile/extension-writer.ts'
import type { ListIssuer } from '../profile/lint-certificate.ts'
import {
  assertNoFindings,
  findBrokenRules,
  type LintFinding,
  type LintRule,
  unless,
  unreadable,
} from '../profile/lint-rule.ts'
import { type ListDetails, readListDetails } from './revocation-list-facts.ts'

/** 20 octets, and one more for the sign. */
const maxNumberOctets = 21

/** The extensions that a CRL may have and whether each is critical. */
const profile = new Map<string, boolean>([
  [oids.authorityKeyIdentifier, false],
  [oids.cRLNumber, false],
  [oids.issuingDistributionPoint, true],
])

const extensionOf = ({ extensions }: ListDetails, dotted: string) =>
  extensions.find(({ oid }) => oid === dotted)

const rules: readonly LintRule<ListDetails, ListIssuer>[] = [
  {
    rule: 'version 2',
    clause: 'RFC 5280, 5.1.2.1',
    findProblem: ({ version }) => unless(version === 2, `it is version ${version}`),
  },
  {
    rule: 'signature algorithm of the issuer',
    clause: 'RFC 5280, 5.1.1.2',
    findProblem: ({ signatureAlgorithmDer }, { signatureAlgorithm }) =>
      unless(
        isSameBytes(signatureAlgorithmDer, encodeSignatureAlgorithm(signatureAlgorithm)),
        'it names another signature algorithm than the issuer uses',
      ),
  },
  {
    rule: 'issuer name',
    clause: 'RFC 5280, 5.1.2.3',
    findProblem: ({ issuerDer }, { subjectDer }) =>
      unless(isSameBytes(issuerDer, subjectDer), 'the issuer is not named as it names itself'),
  },
  {
    rule: 'next update after this one',
    clause: 'RFC 5280, 5.1.2.5',
    findProblem: ({ thisUpdate, nextUpdate }) =>
      unless(thisUpdate.at < nextUpdate.at, 'it ends before it begins'),
  },
  {
    rule: 'dates in the right type',
    clause: 'RFC 5280, 5.1.2.4',
    findProblem: ({ thisUpdate, nextUpdate }) =>
      unless(
        // Earlier dates have no right type.
        [thisUpdate, nextUpdate].every(
          ({ der, at }) => at >= Date.UTC(1950, 0, 1) && isSameBytes(der, time(at)),
        ),
        'a date through 2049 is not UTCTime, or a later one not GeneralizedTime',
      ),
  },
  {
    rule: 'entries',
    clause: 'RFC 5280, 5.1.2.6',
    findProblem: ({ entryProblem }) => entryProblem,
  },
  {
    rule: 'the extensions of the profile',
    clause: 'RFC 5280, 5.2',
    findProblem: ({ extensions }) => {
      const wrong = extensions.find(({ oid, critical }) => critical !== profile.get(oid))
      return wrong && `${oidName(wrong.oid)} does not belong there, or has the wrong critical bit`
    },
  },
  {
    rule: 'authority key identifier',
    clause: 'RFC 5280, 5.2.1',
    findProblem: (details, { subjectKeyIdentifier }) =>
      unless(
        isSameBytes(
          extensionOf(details, oids.authorityKeyIdentifier)?.value ?? new Uint8Array(),
          authorityKeyIdentifierValue(subjectKeyIdentifier),
        ),
        'it is not the issuer’s subject key identifier',
      ),
  },
  {
    rule: 'CRL number',
    clause: 'RFC 5280, 5.2.3',
    findProblem: ({ number }) =>
      unless(
        number !== undefined && number.length <= maxNumberOctets && (number[0] ?? 0x80) < 0x80,
        'it is missing, negative or too long',
      ),
  },
]

/** Every rule that a TBSCertList breaks; empty when this issuer may sign it. It reads the octets themselves. */
export function lintRevocationList(tbs: Uint8Array, issuer: ListIssuer): LintFinding[] {
  const details = readListDetails(tbs)
  if (typeof details === 'string') return unreadable('RFC 5280, 5.1.2', details)
  return findBrokenRules(rules, details, issuer)
}

/**
 * A TBSCertList (RFC 5280, 5.1.2) that keeps every rule for its issuer. To make one is to lint it: the constructor
 * throws `profile_violation` for any other, and no cast gives octets `der`.
 */
export class SoundTbsCertList {
  readonly #der: Uint8Array
  readonly issuer: ListIssuer

  constructor(der: Uint8Array, issuer: ListIssuer) {
    assertNoFindings('The revocation list', lintRevocationList(der, issuer))
    this.#der = der
    this.issuer = issuer
  }

  get der(): Uint8Array {
    return this.#der
  }
}
