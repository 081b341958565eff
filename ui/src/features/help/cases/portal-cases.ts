import type { HelpCase } from '../help-case.ts'

/** Problems other than certificate, token and connection. */
export const portalCases: HelpCase[] = [
  {
    id: 'not-available',
    symptom: 'The certificate cannot be downloaded yet, as in staging',
    says: ['Pending'],
    codes: [],
    meaning:
      'Not every environment issues certificates immediately. Some issue them in the background, and in some an operator decides first.',
    steps: [
      'Wait for the email that says that the certificate is ready. The page of the certificate changes to Issued automatically.',
      'Then download it from the list or from its page, as often as you want.',
      'If it takes longer than announced, ask the provider and name the certificate.',
    ],
  },
  {
    id: 'upstream',
    symptom: 'The gateway allows the call, but the API behind it does not answer',
    says: [],
    codes: [
      'upstream_unavailable',
      'upstream_answer_invalid',
      'upstream_head_too_large',
      'upstream_timeout',
      'client_gone',
      'route_unknown',
    ],
    meaning: 'Certificate and token are fine. The API could not be reached or did not answer.',
    steps: [
      'Compare method and path with the documentation of the API.',
      'Wait a minute and try again, with an idempotency key where money moves.',
      'If the error persists, give the trace ID of the answer to the provider.',
    ],
  },
  {
    id: 'too-many-requests',
    symptom: 'The gateway answers 429 or 503, and says when to try again',
    says: ['Retry-After', 'RateLimit'],
    codes: [
      'organization_rate_limited',
      'organization_concurrency_limited',
      'certificate_concurrency_limited',
      'upstream_busy',
    ],
    meaning:
      'Your organization sends more requests than it is allowed to. None of the denied requests reached the API.',
    steps: [
      'Wait for the seconds in Retry-After, then repeat the request.',
      'Send fewer requests at the same time, and close WebSockets and streams that you do not need.',
      'If you need more, ask the provider for a higher limit.',
    ],
  },
  {
    id: 'too-slow',
    symptom: 'The gateway answers 408 while a request is being sent',
    says: ['408 Request Timeout'],
    codes: ['request_too_slow'],
    meaning: 'The body of the request arrived too slowly, so the gateway ended the call.',
    steps: [
      'Send the body without pauses, and exactly as long as Content-Length says.',
      'Check whether the API processed the call before you repeat it.',
      'If your network is slow, send smaller requests or ask the provider for a lower minimum rate.',
    ],
  },
]
