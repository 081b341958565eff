import type { HelpCase } from '../help-case.ts'

/** What is neither certificate, token nor connection. */
export const portalCases: HelpCase[] = [
  {
    id: 'not-available',
    symptom: 'The certificate cannot be downloaded yet, as in staging',
    says: ['Pending'],
    codes: [],
    meaning:
      'Not every environment issues at once. Some do it in the background, in some a person decides first.',
    steps: [
      'Wait for the e-mail; it says when the certificate is ready. The page of the certificate turns to Issued by itself.',
      'Then download it from the list or from its page, as often as you want.',
      'If it takes longer than you were told, ask the provider and name the certificate.',
    ],
  },
  {
    id: 'upstream',
    symptom: 'The gateway lets the call in, but the API behind it does not answer',
    says: [],
    codes: ['upstream_unavailable', 'upstream_timeout', 'client_gone', 'route_unknown'],
    meaning: 'Certificate and token are fine. The call did not reach what it was for.',
    steps: [
      'Compare method and path with the documentation of the API.',
      'Wait a minute and try again, with an idempotency key where money moves.',
      'If it stays, tell the provider the trace id of the answer.',
    ],
  },
]
