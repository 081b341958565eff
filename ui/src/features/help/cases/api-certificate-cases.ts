import { keyCodes } from '../../../../../src/contract/error-codes.ts'
import type { HelpCase } from '../help-case.ts'

/** Errors of the API about CSRs, keys, certificates and CAs. */
export const apiCertificateCases: HelpCase[] = [
  {
    id: 'csr-unreadable',
    symptom: 'The CSR was rejected',
    says: ['BEGIN CERTIFICATE REQUEST'],
    codes: [
      'csr_missing',
      'csr_too_large',
      'csr_malformed',
      'csr_several',
      'csr_is_certificate',
      'csr_is_something_else',
    ],
    meaning: 'What was submitted is not exactly one CSR in PEM, or in DER as base64.',
    steps: [
      'Submit the whole file, from BEGIN CERTIFICATE REQUEST to END CERTIFICATE REQUEST.',
      'If the file is complete, create the CSR again with the command that the portal shows.',
    ],
  },
  {
    id: 'private-key-sent',
    symptom: 'A private key was submitted',
    says: ['BEGIN PRIVATE KEY'],
    codes: ['csr_is_private_key', 'certificate_is_private_key', 'client_key_is_private'],
    meaning: 'The input holds a private key. Postern did not store it, but it has left your machine.',
    steps: [
      'Treat the key as exposed and do not use it.',
      'Create a new key, and submit only its CSR, certificate or public key.',
    ],
  },
  {
    id: 'csr-signature',
    symptom: 'The signature of the CSR was rejected',
    says: [],
    codes: ['csr_signature_invalid', 'csr_signature_weak', 'csr_signature_mismatch'],
    meaning: 'The CSR was changed after it was signed, or it was signed with an old algorithm.',
    steps: [
      'Submit the file exactly as your program wrote it.',
      'Create the CSR again with SHA-256 or stronger, from the key that you will use.',
    ],
  },
  {
    id: 'weak-key',
    symptom: 'The key was rejected',
    says: [],
    codes: [...keyCodes],
    meaning:
      'The environment does not accept keys of this type or size, or others could know the private key.',
    steps: [
      'Look at the environment for the key types that it accepts.',
      'Create a new key with a current program, such as OpenSSL, on a machine with a good random number generator.',
      'Never use a key from an example or from a device that ships with its key.',
    ],
  },
  {
    id: 'key-used',
    symptom: 'The key was used before',
    says: [],
    codes: ['key_already_used', 'key_revoked'],
    meaning:
      'Each certificate needs a key of its own. The key of a revoked certificate cannot be used again.',
    steps: ['Create a new key and a new CSR.'],
  },
  {
    id: 'subject',
    symptom: 'The subject is not valid',
    says: [],
    codes: ['subject_invalid'],
    meaning: 'The organization name, country or state does not follow the rules for certificates.',
    steps: [
      'Use a two-letter country code of ISO 3166-1, such as DE or GB.',
      'Shorten the organization name to 64 characters.',
      'If the details of the organization itself are wrong, ask the provider to change them.',
    ],
  },
  {
    id: 'limit-reached',
    symptom: 'The limit of certificates or registrations is reached',
    says: [],
    codes: ['certificate_limit_reached', 'registration_limit_reached'],
    meaning: 'The organization has as many of them as the environment allows.',
    steps: [
      'Revoke or cancel what you no longer use.',
      'If you need more, ask the provider for a higher limit.',
    ],
  },
  {
    id: 'wrong-state',
    symptom: 'The certificate is not in the right state',
    says: [],
    codes: [
      'certificate_wrong_state',
      'certificate_not_issued',
      'registration_wrong_state',
      'name_does_not_match',
    ],
    meaning:
      'The certificate or registration has changed, or the name that was typed belongs to another one.',
    steps: [
      'Get the certificate again and look at its status.',
      'To revoke a certificate, type its name exactly.',
    ],
  },
  {
    id: 'external-certificate',
    symptom: 'A certificate from another CA cannot be registered',
    says: [],
    codes: [
      'external_certificates_off',
      'certificate_unreadable',
      'certificate_unsuitable',
      'certificate_untrusted',
      'certificate_not_current',
    ],
    meaning: 'The environment accepts only some certificates that it did not issue.',
    steps: [
      'Submit the client certificate in PEM, and the certificates of its issuers after it.',
      'Check that the certificate is valid now and is made for TLS clients.',
      'Ask the provider which external CAs the environment trusts.',
    ],
  },
  {
    id: 'authorities',
    symptom: 'An operation on a CA failed',
    says: [],
    codes: ['issuer_still_signs', 'root_offline', 'external_issuer_unsuitable'],
    meaning: 'The CA is in use, its key is not available, or it cannot be trusted.',
    steps: [
      'Rotate the issuing CA of an environment before you retire the old one.',
      'Bring the key of an offline root back with postern root import before you create a CA.',
      'Trust only a current CA certificate that may issue client certificates.',
    ],
  },
  {
    id: 'ocsp',
    symptom: 'The OCSP responder cannot read a request',
    says: [],
    codes: ['ocsp_request_malformed'],
    meaning: 'The request does not follow RFC 6960.',
    steps: ['Send the request in DER, with a current TLS library or OpenSSL.'],
  },
  {
    id: 'enforcement',
    symptom: 'mTLS enforcement cannot begin',
    says: [],
    codes: ['enforcement_would_deny_calls', 'enforcement_not_observed'],
    meaning: 'Requests would be denied from then on, or nobody knows whether some would be.',
    steps: [
      'Monitor first. Look at the requests that would be denied and at their causes.',
      'Wait until there are none, or confirm the number of requests that may be denied.',
    ],
  },
  {
    id: 'retirement',
    symptom: 'A certificate cannot be retired yet',
    says: [],
    codes: ['retirement_not_safe'],
    meaning: 'Something may still use it, or nobody can say that nothing does.',
    steps: [
      'Open the rotation of the certificate. It says what still uses it, and from where.',
      'Switch what is left to the replacement, and fetch new access tokens with it.',
      'Wait until the page says that it is safe, or let Postern retire it by itself then.',
      'To retire it now nevertheless, type its name.',
    ],
  },
  {
    id: 'migration',
    symptom: 'The deadline for certificates from other CAs would deny calls',
    says: [],
    codes: ['migration_would_deny_calls'],
    meaning: 'Calls with certificates from other CAs came in recently, and another number was confirmed.',
    steps: [
      'Look at Operate, Migrations: it says how many calls came in.',
      'Wait until there are none, or confirm exactly this number.',
    ],
  },
]
