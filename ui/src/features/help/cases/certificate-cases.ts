import type { HelpCase } from '../help-case.ts'

/** Problems with the certificate. */
export const certificateCases: HelpCase[] = [
  {
    id: 'no-certificate',
    symptom: 'The gateway says that no certificate was presented',
    says: [],
    codes: ['certificate_missing'],
    meaning: 'The connection was made without a client certificate, so nobody can be told from anybody else.',
    steps: [
      'cURL: give both --cert and --key, and run it in the folder that holds the two files.',
      'Postman: the host and the port of the entry under Settings, Certificates must be exactly those of the request.',
      'Code: hand certificate and key to the TLS connection itself, not to the request. A proxy in between that ends TLS takes the certificate away.',
    ],
  },
  {
    id: 'wrong-environment',
    symptom: 'The certificate is of another environment or of another CA',
    says: [],
    codes: ['certificate_wrong_environment', 'certificate_issuer_unknown', 'certificate_not_registered'],
    meaning:
      'Each environment has a CA of its own. A certificate works only at the gateway of the environment in which it was made, and only if it was issued here.',
    steps: [
      'Look at the host and the port that you call: they belong to one environment.',
      'Find the certificate in the list of that environment, by its serial number. If it is not there, it belongs elsewhere.',
      'Create a certificate in the environment that you call.',
    ],
  },
  {
    id: 'not-in-time',
    symptom: 'The certificate has expired, or is not valid yet',
    says: [],
    codes: ['certificate_expired', 'certificate_not_yet_valid'],
    meaning: 'A certificate is good between two moments only, and the gateway goes by its own clock.',
    steps: [
      'Expired: choose Rotate on its page. The successor gets the same details and needs a new key.',
      'Not valid yet: wait, or look whether the clock of the calling machine is right.',
      'Look at the list, sorted by expiry, from time to time: no e-mail warns of the end yet.',
    ],
  },
  {
    id: 'revoked',
    symptom: 'The certificate is revoked',
    says: [],
    codes: ['certificate_revoked'],
    meaning:
      'Somebody ended it before its time. That is for good: a revoked certificate is never accepted again.',
    steps: [
      'The History of the certificate says who revoked it, when and why.',
      'Choose Rotate on its page, or create another one: a new certificate with a new key is the only way on.',
      'Put the new files into your service and fetch new tokens; the old tokens have ended with the certificate.',
    ],
  },
  {
    id: 'issuer-retired',
    symptom: 'The authority that issued the certificate has retired',
    says: [],
    codes: ['certificate_issuer_retired'],
    meaning:
      'The provider replaced the authority that issued your certificate and took the old one out of service on a date that was announced by e-mail. The certificate has not expired, and is refused all the same.',
    steps: [
      'Choose Rotate on the page of the certificate. The successor comes from the new authority.',
      'Install the new files and fetch new tokens.',
      'Who verifies certificates with the CA bundle downloads the new one as well.',
    ],
  },
  {
    id: 'state-unknown',
    symptom: 'The gateway cannot tell whether the certificate is still good',
    says: [],
    codes: ['certificate_state_unknown'],
    meaning:
      'The gateway has been cut off from its registry for a long time and lets nobody in, since it cannot know what was revoked meanwhile. Nothing is wrong with your certificate.',
    steps: [
      'Try again in some minutes: it lets you in as soon as it has reached the registry again.',
      'Tell the provider if it goes on, with the trace id of the answer.',
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
    meaning: 'What was presented is not the client certificate as it was issued, or not all of it.',
    steps: [
      'Download the certificate again from its page and use the file unchanged.',
      'If your program wants the chain too, take the file that ends in -fullchain.pem.',
      'A certificate for a server is no certificate for a client: present the one made here.',
    ],
  },
  {
    id: 'registration-proof',
    symptom: 'The proof for a certificate of your own authority is not accepted',
    says: [],
    codes: ['proof_invalid'],
    meaning:
      'The statement that was signed or sent is about another certificate or another environment than the one it came with, or the signature is of another file.',
    steps: [
      'Download proof.txt from the page of the registration again: each registration has its own.',
      'Sign the file as it is, with the key of the very certificate, by the command that the page shows.',
      'With cURL, send it by --data-binary, with --cert and --key of that certificate, to the address on the page.',
    ],
  },
]
