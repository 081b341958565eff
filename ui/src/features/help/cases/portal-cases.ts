import type { HelpCase } from '../help-case.ts'

/** Problems other than certificate, token and connection. */
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
    codes: [
      'upstream_unavailable',
      'upstream_answer_invalid',
      'upstream_head_too_large',
      'upstream_timeout',
      'client_gone',
      'route_unknown',
    ],
    meaning: 'Certificate and token are fine. The call did not reach what it was for.',
    steps: [
      'Compare method and path with the documentation of the API.',
      'Wait a minute and try again, with an idempotency key where money moves.',
      'If it stays, tell the provider the trace id of the answer.',
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
      'Your organization sends more requests than it may at one time. None of the denied ones reached the API.',
    steps: [
      'Wait as long as Retry-After says, then repeat the request.',
      'Send fewer requests at the same time, and close WebSockets and streams that you do not need.',
      'If you need more, ask the provider for a higher limit.',
    ],
  },
  {
    id: 'too-slow',
    symptom: 'The gateway answers 408 while a request is being sent',
    says: ['408 Request Timeout'],
    codes: ['request_too_slow'],
    meaning: 'The body of the request came too slowly, so the gateway gave the call up.',
    steps: [
      'Send the body without pauses, and exactly as long as Content-Length says.',
      'Check whether the call had its effect before you repeat it.',
      'If your network is slow, send less at once or ask the provider for a lower least rate.',
    ],
  },
]
