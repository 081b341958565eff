import { sequence, time } from '../der/der-writer.ts'
import { isSameBytes } from '../der/same-bytes.ts'
import { encodeSignatureAlgorithm } from '../key/signature-algorithm.ts'
import type { CertificateRule } from './lint-input.ts'
import { unless } from './lint-rule.ts'

const basics: readonly CertificateRule[] = [
  {
    rule: 'version 3',
    clause: 'RFC 5280, 4.1.2.1',
    findProblem: ({ version }) => unless(version === 3, `it is version ${version}`),
  },
  {
    rule: 'serial number positive and short',
    clause: 'RFC 5280, 4.1.2.2',
    findProblem: ({ serialNumber }) =>
      unless(
        serialNumber.length <= 20 && serialNumber.some((octet) => octet > 0),
        'the serial number is zero or longer than 20 octets',
      ),
  },
  {
    rule: 'serial number unpredictable',
    clause: 'CA/Browser Forum BR, 7.1',
    findProblem: ({ serialNumber }) =>
      unless(serialNumber.length >= 8, 'the serial number is too short for 64 random bits'),
  },
  {
    rule: 'signature algorithm of the issuer',
    clause: 'RFC 5280, 4.1.1.2',
    findProblem: ({ signatureAlgorithmDer }, { signatureAlgorithm }) =>
      unless(
        isSameBytes(signatureAlgorithmDer, encodeSignatureAlgorithm(signatureAlgorithm)),
        'it names another signature algorithm than the issuer uses',
      ),
  },
  {
    rule: 'issuer name',
    clause: 'RFC 5280, 4.1.2.4',
    findProblem: ({ issuerDer }, { subjectDer }) =>
      unless(isSameBytes(issuerDer, subjectDer), 'the issuer is not named as it names itself'),
  },
]

const validity: readonly CertificateRule[] = [
  {
    rule: 'validity in order',
    clause: 'RFC 5280, 4.1.2.5',
    findProblem: ({ notBefore, notAfter }) => unless(notBefore < notAfter, 'it ends before it begins'),
  },
  {
    rule: 'validity inside the issuer’s',
    clause: 'RFC 5280, 6.1.3',
    findProblem: ({ notAfter }, issuer) => unless(notAfter <= issuer.notAfter, 'it outlives its issuer'),
  },
  {
    rule: 'dates in the right type',
    clause: 'RFC 5280, 4.1.2.5',
    findProblem: ({ validityDer, notBefore, notAfter }) =>
      unless(
        // Earlier dates have no valid type.
        notBefore >= Date.UTC(1950, 0, 1) &&
          notAfter >= Date.UTC(1950, 0, 1) &&
          isSameBytes(validityDer, sequence(time(notBefore), time(notAfter))),
        'a date through 2049 is not UTCTime, or a later one not GeneralizedTime',
      ),
  },
]

/** The rules for every certificate that an issuing CA signs, each with its clause. */
export const certificateRules: readonly CertificateRule[] = [...basics, ...validity]
