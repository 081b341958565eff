/**
 * Every cause for which a gateway denies a connection, a token request or a call. They are in its answers, in the
 * activity of an organization and in the counts of denied requests. A gateway of a later release may record others.
 */
export const denialCodes = [
  // any request
  'bad_request',
  'method_not_allowed',
  'method_unknown',
  'transfer_coding_unknown',
  'expectation_failed',
  'headers_too_large',
  'target_too_long',
  'body_too_large',
  'request_timeout',
  'too_many_requests',
  'internal_error',
  'unavailable',
  'storage_unavailable',
  // client certificates
  'certificate_missing',
  'certificate_issuer_unknown',
  'certificate_chain_incomplete',
  'certificate_wrong_environment',
  'certificate_expired',
  'certificate_not_yet_valid',
  'certificate_revoked',
  'certificate_issuer_retired',
  'external_certificate_ended',
  'external_status_unavailable',
  'certificate_not_registered',
  'certificate_state_unknown',
  'certificate_wrong_purpose',
  'certificate_chain_invalid',
  'certificate_weak',
  'certificate_malformed',
  'proof_invalid',
  'plain_http_on_tls_port',
  'proxy_header_unexpected',
  'tls_version_unsupported',
  'tls_cipher_unsupported',
  'tls_group_unsupported',
  'tls_alpn_unsupported',
  'tls_server_certificate_rejected',
  'tls_client_signature_invalid',
  'tls_handshake_timeout',
  'tls_handshake_reset',
  'tls_handshake_failed',
  'address_limited',
  'wrong_host',
  'websocket_version_unsupported',
  // access tokens
  'token_missing',
  'authorization_malformed',
  'token_invalid',
  'token_expired',
  'token_not_yet_valid',
  'token_revoked',
  'token_certificate_mismatch',
  'token_scope_missing',
  'client_authentication_failed',
  'client_id_placeholder',
  'client_secret_placeholder',
  'target_unknown',
  'scope_unknown',
  'network_not_allowed',
  'route_unknown',
  // organizations
  'organization_suspended',
  'organization_closed',
  // rates and limits
  'organization_rate_limited',
  'organization_concurrency_limited',
  'certificate_concurrency_limited',
  'request_too_slow',
  'upstream_busy',
  'upstream_unavailable',
  'upstream_answer_invalid',
  'upstream_head_too_large',
  'upstream_timeout',
  'client_gone',
  // the external authorization service
  'authorizer_secret_wrong',
] as const

/** One of {@link denialCodes}. */
export type DenialCode = (typeof denialCodes)[number]

const known: ReadonlySet<string> = new Set(denialCodes)

/** Returns whether a gateway denies for this cause. */
export const isDenialCode = (code: string): code is DenialCode => known.has(code)
