import { constants } from 'node:crypto'
import type { SecureServerOptions } from 'node:http2'
import type { SecureContextOptions } from 'node:tls'
import { toPem } from '../../pki/text/pem.ts'
import type { KeyPair } from '../../tls-files/read-key-pair.ts'
import { maxHeadOctets } from '../message/assert-head.ts'
import { groupList, signatureList } from '../socket/tls-parameters.ts'
import { toNameCertificate } from './name-certificate.ts'

/** For TLS 1.2 the four suites that RFC 9325, section 4.2 recommends, and those of TLS 1.3. */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
].join(':')

/**
 * Returns certificate and cipher suites of a listener, and the CA names for clients; computed again when a
 * pair or issuers change. The TLS library gets no CA certificate for verification: it would verify every
 * handshake although the registry decides, and only if its verification fails does Node return the other
 * certificates that a peer sent (observed with Node 24 and OpenSSL 3.5). A session ticket could be used after
 * a revocation, so there are none. `issuerNames` are in DER.
 */
export function toSecureContext(pair: KeyPair, issuerNames: readonly Uint8Array[]): SecureContextOptions {
  return {
    ...pair,
    ca: issuerNames.map((name) => toPem('CERTIFICATE', toNameCertificate(name))),
    minVersion: 'TLSv1.2',
    ciphers,
    ecdhCurve: groupList,
    sigalgs: signatureList,
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  }
}

/**
 * Responses of an upstream are forwarded unchanged: a singleton field may be repeated, and a head of the
 * maximum size must fit, including the overhead per field and what the gateway adds.
 */
const answerLimits = { strictSingleValueFields: false, maxSendHeaderBlockLength: 131_072 }

/** Milliseconds; Node's types have the option only for the HTTP/2 server, but it works for both. */
const http1Limits = {
  headersTimeout: 10_000,
  // A body may take any time while it continues: its idle time is limited where it is read.
  requestTimeout: 0,
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 1000,
  // A head is parsed up to twice its limit, so that the error for a larger one is Postern's and appears in
  // the activity.
  maxHeaderSize: 2 * maxHeadOctets,
  requireHostHeader: false,
}

/**
 * The protocol options of the server. A client certificate is requested but never required: a failed
 * handshake tells the client nothing, so the decision follows it.
 */
export const serverOptions: SecureServerOptions = {
  ...http1Limits,
  ...answerLimits,
  allowHTTP1: true,
  requestCert: true,
  rejectUnauthorized: false,
  handshakeTimeout: 10_000,
  // Fewer fields than these fit into a header list: each counts for 32 additional octets (RFC 9113, section
  // 6.5.2).
  maxHeaderListPairs: (2 * maxHeadOctets) / 32,
  settings: { maxConcurrentStreams: 100, maxHeaderListSize: 2 * maxHeadOctets },
}
