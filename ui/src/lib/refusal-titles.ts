import type { ErrorCode } from '../../../src/contract/error-codes.ts'

const titles: Partial<Record<ErrorCode, string>> = {
  certificate_missing: 'No certificate was presented',
  certificate_issuer_unknown: 'The certificate is of another CA',
  certificate_chain_incomplete: 'The chain is incomplete',
  certificate_wrong_environment: 'The certificate is of another environment',
  certificate_expired: 'The certificate has expired',
  certificate_not_yet_valid: 'The certificate is not valid yet',
  certificate_revoked: 'The certificate is revoked',
  certificate_not_registered: 'The certificate is not known here',
  certificate_state_unknown: 'The gateway is cut off from its registry',
  certificate_wrong_purpose: 'The certificate is for another purpose',
  certificate_malformed: 'The certificate cannot be read',
  plain_http_on_tls_port: 'Plain HTTP on a TLS port',
  tls_handshake_failed: 'The TLS handshake failed',
  wrong_host: 'The host is not the one of the connection',
  token_missing: 'No access token',
  token_invalid: 'The access token is not valid',
  token_expired: 'The access token has expired',
  token_revoked: 'The access token has ended',
  token_certificate_mismatch: 'The token is bound to another certificate',
  token_scope_missing: 'The token lacks a scope',
  client_authentication_failed: 'Client ID or secret is not right',
  network_not_allowed: 'The credentials may not be used from there',
  route_unknown: 'There is no such route',
  upstream_unavailable: 'The API behind the gateway is away',
  upstream_timeout: 'The API behind the gateway is too slow',
  client_gone: 'The client did not wait for the answer',
  bad_request: 'The request can be read in two ways',
  too_many_requests: 'Too many attempts',
}

/** A refusal of the gateway in a few words. A code without words of its own is shown as it is. */
export const refusalTitle = (code: ErrorCode | null): string =>
  code === null ? 'Refused' : (titles[code] ?? code)
