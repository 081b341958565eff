import { constants } from 'node:crypto'
import type { SecureServerOptions } from 'node:http2'
import type { SecureContextOptions } from 'node:tls'
import { toPem } from '../../pki/text/pem.ts'
import type { KeyPair } from '../../tls-files/read-key-pair.ts'
import { mostHeadOctets } from '../message/assert-head.ts'
import { groupList, signatureList } from '../socket/tls-parameters.ts'
import { toNameCertificate } from './name-certificate.ts'

/** For TLS 1.2 the four suites that RFC 9325, 4.2 recommends, and what TLS 1.3 has. */
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
 * Certificate and ciphers of a listener, and the CA names that clients are told; made again when a pair or issuers
 * change. The TLS library gets no CA that it could verify with: it would do so in each handshake although the
 * registry decides, and only where its verification fails does Node hand over what a peer sent beside its
 * certificate (seen with Node 24 and OpenSSL 3.5). A ticket would be a way back in after a revocation, so there
 * are none. `issuerNames` are in DER.
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
 * Answers of an upstream go on as they are: a field that should be there once may come more often, and a head of the
 * largest size that is passed on has to fit, with what each field costs and what the gateway adds.
 */
const answerLimits = { strictSingleValueFields: false, maxSendHeaderBlockLength: 131_072 }

/** Milliseconds; the types of Node know the server for HTTP/2 alone, which takes them all the same. */
const http1Limits = {
  headersTimeout: 10_000,
  // A body may take as long as it goes on: the silence in it is limited, where it is read.
  requestTimeout: 0,
  keepAliveTimeout: 75_000,
  connectionsCheckingInterval: 1000,
  // A head is read to twice of what it may have, so that the answer to a larger one is ours, and stands in the activity.
  maxHeaderSize: 2 * mostHeadOctets,
  requireHostHeader: false,
}

/**
 * How the server speaks. A client certificate is asked for and never required: a handshake that is
 * refused tells the client nothing, so the decision comes after it.
 */
export const serverOptions: SecureServerOptions = {
  ...http1Limits,
  ...answerLimits,
  allowHTTP1: true,
  requestCert: true,
  rejectUnauthorized: false,
  handshakeTimeout: 10_000,
  // Fewer than these have room in a header list: each counts for 32 octets more (RFC 9113, 6.5.2).
  maxHeaderListPairs: (2 * mostHeadOctets) / 32,
  settings: { maxConcurrentStreams: 100, maxHeaderListSize: 2 * mostHeadOctets },
}
