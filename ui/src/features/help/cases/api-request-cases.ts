import type { HelpCase } from '../help-case.ts'

/** Errors of the API that any request can have. */
export const apiRequestCases: HelpCase[] = [
  {
    id: 'invalid-request',
    symptom: 'The request is not valid',
    says: [],
    codes: ['bad_request', 'cursor_invalid'],
    meaning:
      'Part of the request has the wrong form, is missing, or has a name that the operation does not know. Nothing was changed.',
    steps: [
      'Read detail. If the answer has errors, each of them names the part, the rule and the nearest right name.',
      'Compare the request with the API document at /api/v1/openapi.json.',
      'A cursor belongs to one list with one order. If it is not valid, start again without a cursor.',
    ],
  },
  {
    id: 'http-rules',
    symptom: 'The method, the media type or a header is not supported',
    says: [],
    codes: [
      'method_not_allowed',
      'method_unknown',
      'unsupported_media_type',
      'expectation_failed',
      'transfer_coding_unknown',
    ],
    meaning: 'The address exists, but it does not take a request of this form.',
    steps: [
      'Use one of the methods in the Allow header of the answer. Methods are case-sensitive.',
      'Send JSON with the header Content-Type: application/json.',
      'Send the body with its length or in chunks, and no Expect header other than 100-continue.',
    ],
  },
  {
    id: 'too-large',
    symptom: 'The request is too large',
    says: ['413', '414', '431'],
    codes: ['body_too_large', 'headers_too_large', 'target_too_long'],
    meaning: 'The body, the headers or the address is larger than the server accepts.',
    steps: [
      'Send at most 128 KiB of JSON to the portal, and 16 KiB of headers.',
      'Split a long list into several requests.',
      'Remove cookies and headers that the request does not need.',
    ],
  },
  {
    id: 'incomplete-request',
    symptom: 'The request did not arrive in time',
    says: ['408 Request Timeout'],
    codes: ['request_timeout'],
    meaning: 'The server closed the connection because the request was not complete.',
    steps: [
      'Send the whole request without pauses.',
      'Check that Content-Length is exactly the length of the body.',
    ],
  },
  {
    id: 'sign-in',
    symptom: 'The portal does not know who you are',
    says: [],
    codes: [
      'not_signed_in',
      'sign_in_failed',
      'password_change_required',
      'password_unsuitable',
      'session_cookie_repeated',
      'link_invalid',
      'cross_site_request',
    ],
    meaning: 'The request has no valid session, or the session may not be used in this way yet.',
    steps: [
      'Sign in again. A session ends 12 hours after the sign-in, and after 2 hours without use, unless your provider has set other times.',
      'A link from an email works once and for a limited time. Ask for a new link.',
      'If you got a one-time password, choose a password of your own first: at least 12 characters that are hard to guess.',
      'Send one session cookie, and send it only from the portal or from your own program.',
    ],
  },
  {
    id: 'step-up',
    symptom: 'The portal asks again who you are',
    says: [],
    codes: ['step_up_required', 'step_up_invalid', 'step_up_failed', 'step_up_factor_needed'],
    meaning:
      'What cannot be undone, and what shows a new secret, is done only for a user who has just proven who they are.',
    steps: [
      'On the page, enter your password, a code of your authenticator app, or use your passkey when it asks for it.',
      'If a second factor is demanded of you, use your passkey or your app: the password does not suffice.',
      'In a program, send `stepUp` of the answer to `proveStepUp` with a proof. Repeat the request with the token in the header `Step-Up-Proof`.',
      'Use each token within five minutes, once, for the same operation and object, and in the session that it comes from.',
      'API keys cannot do this. Sign in as a user.',
    ],
  },
  {
    id: 'second-factor',
    symptom: 'A second factor is required',
    says: [],
    codes: [
      'second_factor_required',
      'second_factor_failed',
      'second_factor_expired',
      'second_factor_locked',
      'second_factor_needed',
      'last_second_factor',
      'totp_already_set_up',
      'totp_not_set_up',
      'totp_code_wrong',
    ],
    meaning:
      'A passkey, a code of an authenticator app or a recovery code is needed beside the password, or the one that was sent does not count.',
    steps: [
      'Enter the code that the app shows now. Each code works once.',
      'Check the clock of the device with the app.',
      'If the device is lost, use a recovery code.',
      'If an organization demands a second factor, add one under Sign-in methods.',
    ],
  },
  {
    id: 'passkey',
    symptom: 'The passkey was not accepted',
    says: [],
    codes: [
      'passkey_rejected',
      'passkey_challenge_expired',
      'passkey_unsuitable',
      'passkey_already_registered',
      'passkey_limit_reached',
    ],
    meaning: 'The passkey is not one of this portal, or its answer came too late or a second time.',
    steps: [
      'Start again on the page: each request for a passkey is valid for 5 minutes and once.',
      'Use a device that verifies you by a PIN, a fingerprint or your face.',
      'Delete a passkey that you no longer use. A user has at most 20.',
    ],
  },
  {
    id: 'organization-not-active',
    symptom: 'The organization is suspended or closed',
    says: [],
    codes: ['organization_suspended', 'organization_closed'],
    meaning:
      'Your API provider has stopped everything of this organization. Nothing is lost while it is suspended.',
    steps: ['Ask your API provider why, and to reactivate the organization.'],
  },
  {
    id: 'last-recipient',
    symptom: 'Unsubscribing from emails is not possible',
    says: [],
    codes: ['last_recipient'],
    meaning:
      'Nobody else would be told before a certificate of the organization expires. Nothing was changed, and the emails go on.',
    steps: [
      'Name another contact of the certificates, who confirms the address.',
      'Or ask an admin to set a team address on the page Notifications, or to invite another member.',
      'Then unsubscribe again.',
    ],
  },
  {
    id: 'membership',
    symptom: 'The change of a member is not possible',
    says: [],
    codes: ['last_admin', 'already_member'],
    meaning: 'An organization always has an admin, and a user is a member once. Nothing was changed.',
    steps: [
      'To remove or leave as the last admin, make another member an admin first.',
      'To give a member another role, change the role on the page Team.',
    ],
  },
  {
    id: 'invitation',
    symptom: 'An invitation cannot be sent or accepted',
    says: [],
    codes: [
      'invitation_invalid',
      'invitation_ended',
      'invitation_needs_sign_in',
      'invitation_limit_reached',
      'invitation_rate_exceeded',
    ],
    meaning:
      'A link works once and for 7 days, until the invitation is canceled or sent again, and while the user who sent it may invite.',
    steps: [
      'If the link does not work, ask an admin of the organization for a new invitation.',
      'If you already have an account with this address, sign in, then open the link again.',
      'If too many invitations are open, cancel one. If too many were sent, wait a day.',
    ],
  },
  {
    id: 'organization-limit',
    symptom: 'Your organization has as many API credentials or people as it may have',
    says: [],
    codes: ['credential_limit_reached', 'people_limit_reached'],
    meaning: 'Your API provider limits how many API credentials and people each organization has.',
    steps: [
      'Delete API credentials, members or invitations that are no longer needed.',
      'Ask your API provider for a higher limit.',
    ],
  },
  {
    id: 'organization-not-changed',
    symptom: 'An organization cannot be created, suspended, reactivated or closed',
    says: [],
    codes: ['organization_slug_taken', 'organization_wrong_state'],
    meaning:
      'Another organization has the slug, which never changes; or the organization already has the status that you asked for, or is closed.',
    steps: [
      'Choose another slug for the new organization.',
      'Read the organization again: somebody else may have changed its status. A closed organization stays closed.',
    ],
  },
  {
    id: 'second-person',
    symptom: 'Another operator has to confirm it',
    says: [],
    codes: ['second_person_required', 'confirmation_own', 'confirmation_over'],
    meaning: 'The configuration asks for a second operator before this is done. Nothing was done yet.',
    steps: [
      'Ask for the confirmation, and tell another operator: it waits under Operate → Confirmations for 24 hours.',
      'Look there at what became of it: it may be confirmed, canceled or expired already.',
    ],
  },
  {
    id: 'not-allowed',
    symptom: 'Your role does not allow this',
    says: [],
    codes: ['forbidden'],
    meaning: 'You are signed in, but your role in the organization is not sufficient.',
    steps: ['Ask an admin of your organization to do it or to give you the role.'],
  },
  {
    id: 'not-found',
    symptom: 'The item was not found',
    says: [],
    codes: ['not_found'],
    meaning: 'The item does not exist, or it belongs to an organization that you are not a member of.',
    steps: [
      'Check the ID and the name of the organization in the address.',
      'Check that you are signed in as the right user.',
    ],
  },
  {
    id: 'conflict',
    symptom: 'The item has changed in the meantime',
    says: ['409', '412'],
    codes: ['conflict', 'precondition_failed'],
    meaning: 'The request was made for another state than the present one. Nothing was changed.',
    steps: ['Get the item again and look at its present state.', 'Decide again, and repeat the request.'],
  },
  {
    id: 'idempotency',
    symptom: 'The idempotency key was not accepted',
    says: ['Idempotency-Key'],
    codes: [
      'idempotency_key_invalid',
      'idempotency_key_reused',
      'idempotency_key_in_use',
      'idempotency_answer_lost',
    ],
    meaning:
      'An idempotency key names one request, so that a repeated request is done only once. The key is malformed, or it was used before.',
    steps: [
      'Use a new random key, such as a UUID, for each new request.',
      'Repeat a request with the same key only if the body is the same.',
      'If the first request is still in progress, wait and try again.',
      'If the answer is lost, look at the list of items before you create another one.',
    ],
  },
  {
    id: 'rate',
    symptom: 'Too many requests',
    says: ['429', 'Retry-After'],
    codes: ['too_many_requests', 'certificate_rate_exceeded'],
    meaning: 'The limit for this time is reached.',
    steps: [
      'Wait as long as the Retry-After header says.',
      'Send fewer requests. Use the streams instead of asking for a state again and again.',
    ],
  },
  {
    id: 'configuration-rejected',
    symptom: 'The configuration file was read again and rejected',
    says: ['409'],
    codes: ['configuration_rejected'],
    meaning:
      'The file is wrong, or it changes a setting that needs a restart. The configuration in force is the one before.',
    steps: [
      'Mend what the message names, and read the file again.',
      'For a setting that needs a restart, restart Postern.',
      'Run postern doctor on the server: it checks the file as a start does.',
    ],
  },
  {
    id: 'provider-trouble',
    symptom: 'Postern cannot process the request at the moment',
    says: ['500', '503'],
    codes: [
      'internal_error',
      'unavailable',
      'storage_unavailable',
      'issuer_unavailable',
      'profile_violation',
      'record_not_authentic',
      'audit_log_altered',
      'audit_file_unwritable',
    ],
    meaning: 'The cause is on the side of the provider, not in your request.',
    steps: [
      'Check whether the change was made.',
      'Try again after the time in the Retry-After header, or in a minute.',
      'If the error persists, give the trace ID of the answer to the provider.',
    ],
  },
]
