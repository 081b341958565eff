import type { HelpCase } from '../help-case.ts'

/** Problems other than certificate, token and connection. */
export const portalCases: HelpCase[] = [
  {
    id: 'single-sign-on-failed',
    symptom: 'Single sign-on ends with an error',
    says: [],
    codes: ['single_sign_on_failed', 'single_sign_on_unavailable'],
    meaning: 'Postern could not verify the response of the OpenID provider, or the provider did not answer.',
    steps: [
      'Start again from the sign-in page, in the same browser and within ten minutes.',
      'If the error persists, an admin compares issuer, client ID, client secret and redirect URI with the settings of the provider.',
      'The server of Postern has to reach the issuer over https at a public address.',
    ],
  },
  {
    id: 'single-sign-on-denied',
    symptom: 'The OpenID provider signs you in, but Postern does not',
    says: [],
    codes: ['single_sign_on_denied', 'single_sign_on_email_unsuitable', 'single_sign_on_address_taken'],
    meaning:
      'The provider gives you no role here, or your email address is not verified, or it belongs to another user.',
    steps: [
      'Ask the administrator of your provider for a group that has a role in Postern.',
      'The provider has to send `email` with a domain that your organization has proven, and `email_verified` with the value true.',
      'If the address belongs to another user, an admin invites that user to the organization.',
    ],
  },
  {
    id: 'single-sign-on-required',
    symptom: 'The password is right, but single sign-on is required',
    says: [],
    codes: ['single_sign_on_required'],
    meaning: 'Your organization allows its members to sign in through its OpenID provider only.',
    steps: [
      'Select Sign in with single sign-on on the sign-in page.',
      'If the provider fails, an admin who is excepted signs in with the password and changes the settings.',
    ],
  },
  {
    id: 'other-sign-in',
    symptom: 'After single sign-on, another organization or a part of your account does not open',
    says: [],
    codes: ['other_sign_in_needed'],
    meaning:
      'A session that the OpenID provider of an organization began opens this organization alone, so that no provider can enter other organizations.',
    steps: [
      'Sign out, and sign in with your password or a passkey.',
      'If you have no password, select Forgot your password? on the sign-in page.',
      'If your organization requires single sign-on, the other organization can invite another email address of yours.',
    ],
  },
  {
    id: 'single-sign-on-settings',
    symptom: 'The settings of single sign-on are not accepted',
    says: [],
    codes: [
      'single_sign_on_issuer_unsuitable',
      'single_sign_on_secret_missing',
      'password_admin_missing',
      'domain_unproven',
      'domain_taken',
    ],
    meaning: 'An address, a secret, an admin or the proof of a domain is missing.',
    steps: [
      'Use the https URL of the issuer, and enter the client secret again when issuer or client ID change.',
      'Name at least one admin who has a password before you require single sign-on.',
      'Create the TXT record exactly as shown, wait until your DNS servers have it, and check the domain again.',
      'If another organization has proven the domain, ask the provider.',
    ],
  },
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
