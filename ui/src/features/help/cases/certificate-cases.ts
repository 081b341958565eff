import type { HelpCase } from '../help-case.ts'

/** Problems with the certificate. */
export const certificateCases: HelpCase[] = [
  {
    id: 'no-certificate',
    symptom: 'The client presented no certificate',
    says: [],
    codes: ['certificate_missing'],
    meaning: 'The client connected without a certificate, so the gateway cannot identify it.',
    steps: [
      'cURL: use both --cert and --key, and run the command in the folder of the two files.',
      'Postman: the host and the port of the entry under Settings, Certificates must be exactly those of the request.',
      'Code: configure certificate and key on the TLS connection, not on the request. A proxy that terminates TLS in between removes the certificate.',
    ],
  },
  {
    id: 'wrong-environment',
    symptom: 'The certificate belongs to another environment or comes from another CA',
    says: [],
    codes: ['certificate_wrong_environment', 'certificate_issuer_unknown', 'certificate_not_registered'],
    meaning:
      'Each environment has its own CA. A certificate works only at the gateway of its own environment.',
    steps: [
      'Check the host and the port that you call: they belong to one environment.',
      'Find the certificate in the list of that environment, by its serial number. If it is not there, it belongs elsewhere.',
      'Create a certificate in the environment that you call.',
    ],
  },
  {
    id: 'not-in-time',
    symptom: 'The certificate has expired, or is not valid yet',
    says: [],
    codes: ['certificate_expired', 'certificate_not_yet_valid'],
    meaning: 'A certificate is valid only for a period, and the gateway uses its own clock.',
    steps: [
      'Expired: select Rotate on its page. The replacement gets the same details and needs a new key.',
      'Not valid yet: wait. The answer says what the clock of the gateway says; if that is wrong, tell the provider.',
      'Check the list, sorted by expiry, regularly: no email reminds you of the expiry yet.',
    ],
  },
  {
    id: 'revoked',
    symptom: 'The certificate is revoked',
    says: [],
    codes: ['certificate_revoked'],
    meaning: 'A user or the provider revoked this certificate. Revoked certificates cannot be enabled again.',
    steps: [
      'The History of the certificate says who revoked it, when and why.',
      'Select Rotate on its page, or create a new certificate with a new key.',
      'Install the new files in your service and get new tokens. The old tokens are no longer accepted.',
    ],
  },
  {
    id: 'issuer-retired',
    symptom: 'The CA that issued the certificate is retired',
    says: [],
    codes: ['certificate_issuer_retired'],
    meaning:
      'The provider replaced the CA that issued your certificate and retired the old CA on a date announced by email. The certificate has not expired, but it is no longer accepted.',
    steps: [
      'Select Rotate on the page of the certificate. The replacement comes from the new CA.',
      'Install the new files and get new tokens.',
      'If you verify certificates with the CA bundle, download the new bundle too.',
    ],
  },
  {
    id: 'external-ended',
    symptom: 'Certificates from other CAs are no longer accepted',
    says: [],
    codes: ['external_certificate_ended'],
    meaning:
      'The provider set a date for your organization from which only certificates of the portal are accepted. Emails announced it.',
    steps: [
      'Open the certificate in the portal and select Rotate. The replacement comes from the CA of the portal.',
      'Install the new files in your service and get new tokens.',
      'Contact the provider if you need more time.',
    ],
  },
  {
    id: 'external-status-unavailable',
    symptom: 'The CA does not confirm that the certificate is not revoked',
    says: [],
    codes: ['external_status_unavailable'],
    meaning:
      'Postern asks the CA of your certificate, by its CRL or OCSP, whether it was revoked. For longer than the provider allows, the CA has not answered, or its last answer has expired. Your certificate may be fine.',
    steps: [
      'Give the trace ID of the answer to the provider, who sees what was asked, when the CA answered last, and what is wrong.',
      'Ask your CA whether its CRL and OCSP can be reached.',
      'Create a certificate in the portal as its replacement: it does not depend on that CA.',
    ],
  },
  {
    id: 'state-unknown',
    symptom: 'The gateway cannot confirm that the certificate is valid',
    says: [],
    codes: ['certificate_state_unknown'],
    meaning:
      'The gateway has been unable to reach its registry for a long time. It accepts no certificate, because it cannot know which ones were revoked. Your certificate may be fine.',
    steps: [
      'Try again in a few minutes.',
      'If the error persists, give the trace ID of the answer to the provider.',
    ],
  },
  {
    id: 'unfit',
    symptom: 'The certificate cannot be read, is for another purpose, or its chain is incomplete',
    says: [],
    codes: [
      'certificate_malformed',
      'certificate_wrong_purpose',
      'certificate_chain_incomplete',
      'certificate_chain_invalid',
      'certificate_weak',
    ],
    meaning: 'The client did not present the complete client certificate as it was issued.',
    steps: [
      'Download the certificate again from its page and use the file unchanged.',
      'If your program needs the chain too, use the file that ends in -fullchain.pem.',
      'A server certificate is not a client certificate: present the one from this portal.',
    ],
  },
  {
    id: 'registration-proof',
    symptom: 'The proof of possession for a certificate from another CA fails',
    says: [],
    codes: ['proof_invalid'],
    meaning:
      'The challenge file is for another certificate or another environment, or the signature was made for another file or with another key.',
    steps: [
      'Download proof.txt from the page of the registration again: each registration has its own.',
      'Sign the unchanged file with the key of that certificate. The page shows the command.',
      'Or send the file with --data-binary of cURL, with --cert and --key of that certificate, to the address on the page.',
    ],
  },
]
