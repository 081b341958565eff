/** The codes of a key that policy does not allow, that anybody can find, or that cannot keep a secret. */
export const keyCodes = [
  'key_not_allowed',
  'key_too_small',
  'key_malformed',
  'key_exponent_small',
  'key_small_factor',
  'key_close_primes',
  'key_roca',
  'key_prime_modulus',
  'key_published',
  'key_shared_factor',
] as const

/** The codes of a CSR that is rejected. */
export const csrCodes = [
  'csr_missing',
  'csr_too_large',
  'csr_malformed',
  'csr_several',
  'csr_is_private_key',
  'csr_is_certificate',
  'csr_is_something_else',
  'csr_signature_invalid',
  'csr_signature_weak',
  'csr_signature_mismatch',
  ...keyCodes,
  'key_already_used',
  'key_revoked',
] as const

/**
 * Every code of an error of the REST API and of the publication listener. Codes are stable: clients and scripts branch
 * on them.
 */
export const errorCodes = [
  // any request
  'bad_request',
  'cursor_invalid',
  'not_signed_in',
  'forbidden',
  'not_found',
  'conflict',
  'method_not_allowed',
  'too_many_requests',
  'body_too_large',
  'unsupported_media_type',
  'request_timeout',
  'headers_too_large',
  'target_too_long',
  'expectation_failed',
  'method_unknown',
  'transfer_coding_unknown',
  'cross_site_request',
  'internal_error',
  'unavailable',
  'precondition_failed',
  'idempotency_key_invalid',
  'idempotency_key_reused',
  'idempotency_key_in_use',
  'idempotency_answer_lost',
  'storage_unavailable',
  'proxy_header_unexpected',
  // users
  'sign_in_failed',
  'password_change_required',
  'password_unsuitable',
  'session_cookie_repeated',
  'step_up_required',
  'step_up_invalid',
  'step_up_failed',
  'step_up_factor_needed',
  'link_invalid',
  // API keys
  'api_key_invalid',
  'api_key_expired',
  'api_key_network',
  'api_key_not_allowed',
  'api_key_with_cookie',
  'api_key_limit_reached',
  'api_key_secrets_full',
  'second_factor_required',
  'second_factor_failed',
  'second_factor_expired',
  'second_factor_locked',
  'second_factor_needed',
  'last_second_factor',
  'passkey_rejected',
  'passkey_challenge_expired',
  'passkey_unsuitable',
  'passkey_already_registered',
  'passkey_limit_reached',
  'totp_already_set_up',
  'totp_not_set_up',
  'totp_code_wrong',
  // organizations
  'organization_suspended',
  'organization_closed',
  'last_admin',
  'already_member',
  'invitation_invalid',
  'invitation_ended',
  'invitation_needs_sign_in',
  'invitation_limit_reached',
  'invitation_rate_exceeded',
  'organization_slug_taken',
  'organization_wrong_state',
  'credential_limit_reached',
  'people_limit_reached',
  // a second person
  'second_person_required',
  'confirmation_own',
  'confirmation_over',
  // CSRs
  ...csrCodes,
  // certificates
  'subject_invalid',
  'certificate_limit_reached',
  'certificate_rate_exceeded',
  'certificate_wrong_state',
  'certificate_not_issued',
  'name_does_not_match',
  'profile_violation',
  'record_not_authentic',
  'audit_log_altered',
  'audit_file_unwritable',
  'ocsp_request_malformed',
  'issuer_unavailable',
  'issuer_still_signs',
  'root_offline',
  // externally issued certificates
  'external_certificates_off',
  'certificate_unreadable',
  'certificate_is_private_key',
  'certificate_unsuitable',
  'certificate_untrusted',
  'certificate_not_current',
  'proof_invalid',
  'registration_limit_reached',
  'registration_wrong_state',
  'external_issuer_unsuitable',
  // mTLS enforcement
  'enforcement_would_deny_calls',
  'enforcement_not_observed',
  // credentials
  'scope_unknown',
  'network_invalid',
  'client_name_invalid',
  'client_key_is_private',
  'client_key_unsuitable',
  'client_secret_not_allowed',
  'credential_wrong_kind',
  'credential_secrets_full',
  'credential_last_secret',
] as const

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number]

const known: ReadonlySet<string> = new Set(errorCodes)

/** Returns whether an error of the API may have this code. */
export const isErrorCode = (code: string): code is ErrorCode => known.has(code)
