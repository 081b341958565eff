import { expect, test } from 'vitest'
import { findCasesByMessage, findTraceId, normalizeMessage } from './find-by-message.ts'
import { findCaseById } from './help-cases.ts'
import { generalSigns, specificSigns } from './message-signs.ts'

/** What programs print, by the first help case; measured, or from their documentation. */
const messages: Record<string, string[]> = {
  'key-mismatch': [
    'Error: error:05800074:x509 certificate routines::key values mismatch',
    'ERR_OSSL_X509_KEY_VALUES_MISMATCH',
    "requests.exceptions.SSLError: HTTPSConnectionPool(host='gw', port=8443): Max retries exceeded with url: /token (Caused by SSLError(116, '[X509: KEY_VALUES_MISMATCH] key values mismatch (_ssl.c:3895)'))",
    'ssl.SSLError: [X509: KEY_VALUES_MISMATCH] key values mismatch (_ssl.c:3895)',
    'javax.net.ssl.SSLHandshakeException: Received fatal alert: decrypt_error',
    'tls: private key does not match public key',
    'OpenSSL::SSL::SSLError: SSL_CTX_use_PrivateKey: key values mismatch',
    'curl: (58) Private key does not match the certificate public key',
    "SSLError(177, '[SSL: NO_CERTIFICATE_ASSIGNED] no certificate assigned (_ssl.c:3903)')",
    'tls: private key type does not match public key type',
    'curl 58: Private key does not match the certificate public key',
    'OpenSSL::SSL::SSLError: SSL_CTX_check_private_key: no certificate assigned',
    'Error: error:0b000074:X.509 certificate routines:OPENSSL_internal:KEY_VALUES_MISMATCH',
    'The provided key does not match the public key for this certificate. (Parameter key)',
    '*** Error: The certificate and the given key do not match.',
  ],
  'curl-server': [
    'curl: (60) SSL certificate problem: unable to get local issuer certificate',
    'curl: (60) SSL certificate problem: self-signed certificate in certificate chain',
    'Error: unable to verify the first certificate',
    'Error: unable to verify the first certificate; if the root CA is installed locally, try running Node.js with --use-system-ca',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:992)'))",
    'httpx.ConnectError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:992)',
    'javax.net.ssl.SSLHandshakeException: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target',
    'x509: certificate signed by unknown authority',
    'curl 60: SSL certificate problem: unable to get local issuer certificate',
    'OpenSSL::SSL::SSLError: SSL_connect returned=1 errno=0 peeraddr=127.0.0.1:8443 state=error: certificate verify failed (unable to get local issuer certificate)',
    'Error: self signed certificate in certificate chain',
    'The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot',
    'The remote certificate is invalid according to the validation procedure: RemoteCertificateChainErrors',
    'curl: (60) server certificate verification failed. CAfile: none CRLfile: none',
    "curl: (60) Peer's Certificate issuer is not recognized.",
    'verify error:num=21:unable to verify the first certificate',
    '- Status: The certificate is NOT trusted. The certificate issuer is unknown.',
    'curl: (60) schannel: SEC_E_UNTRUSTED_ROOT (0x80090325) - The certificate chain was issued by an authority that is not trusted.',
    'curl: (60)',
  ],
  'server-name': [
    "curl: (60) SSL: no alternative certificate subject name matches target host name 'gw.example'",
    "Error: Hostname/IP does not match certificate's altnames: Host: gw.example. is not in the cert's altnames: DNS:localhost",
    'ERR_TLS_CERT_ALTNAME_INVALID',
    `SSLError(CertificateError("hostname 'gw.example' doesn't match either of 'localhost', 'gateway'"))`,
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid for 'gw.example'. (_ssl.c:992)",
    'javax.net.ssl.SSLHandshakeException: No subject alternative DNS name matching gw.example found.',
    'x509: certificate is valid for localhost, gateway, not gw.example',
    "x509: cannot validate certificate for 10.0.0.7 because it doesn't contain any IP SANs",
    'certificate verify failed (hostname mismatch)',
    'The remote certificate is invalid according to the validation procedure: RemoteCertificateNameMismatch',
    '- Status: The certificate is NOT trusted. The name in the certificate does not match the expected.',
    'curl: (60) schannel: SNI or certificate check failed: SEC_E_WRONG_PRINCIPAL (0x80090322)',
  ],
  'server-time': [
    'curl: (60) SSL certificate problem: certificate has expired',
    'Error: certificate has expired',
    'CERT_HAS_EXPIRED',
    'x509: certificate has expired or is not yet valid: current time 2026-11-27T03:00:00Z is after 2026-11-01T00:00:00Z',
    'java.security.cert.CertPathValidatorException: validity check failed',
    '- Status: The certificate is NOT trusted. The certificate chain uses expired certificate.',
  ],
  'ca-file': [
    'curl: (77) error setting certificate verify locations:  CAfile: server-ca.pem CApath: /etc/ssl/certs',
    'curl: (77) error setting certificate file: server-ca.pem',
    'curl: (77) error adding trust anchors from file: server-ca.pem',
    'OSError: Could not find a suitable TLS CA certificate bundle, invalid path: server-ca.pem',
    'the trustAnchors parameter must be non-empty',
    'curl: (77)',
  ],
  'files-swapped': [
    'curl: (58) could not load PEM client certificate from acme-0001.key, OpenSSL error error:0480006C:PEM routines::no start line, (no key found, wrong pass phrase, or wrong file format?)',
    'Error: error:0480006C:PEM routines::no start line',
    'ERR_OSSL_PEM_NO_START_LINE',
    'java.security.cert.CertificateParsingException: signed fields invalid',
    'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched',
    'OpenSSL::X509::CertificateError: PEM_read_bio_X509: no start line',
    'ValueError: Valid PEM but no BEGIN CERTIFICATE/END CERTIFICATE delimiters. Are you sure this is a certificate?',
    'tls: failed to find any PEM data in certificate input',
  ],
  passphrase: [
    'Enter PEM pass phrase:',
    'OpenSSL::PKey::PKeyError: Could not parse PKey: unable to get passphrase',
    'OSError: [Errno 22] Invalid argument',
    "SSLError('Client private key is encrypted, password is required')",
    'Error: error:1C800064:Provider routines::bad decrypt',
    'ERR_OSSL_BAD_DECRYPT',
    'java.lang.IllegalArgumentException: Input byte array has incorrect ending byte at 1700',
  ],
  'key-format': [
    'tls: failed to parse private key',
    'java.security.spec.InvalidKeySpecException: java.security.InvalidKeyException: IOException : algid parse error, not a sequence',
  ],
  p12: [
    'Mac verify error: invalid password?',
    'Error: mac verify failure',
    'java.io.IOException: keystore password was incorrect',
    'The specified network password is not correct.',
    'Error outputting keys and certificates: error:0308010C:digital envelope routines:inner_evp_generic_fetch:unsupported: Algorithm (RC2-40-CBC : 0)',
    'Unsupported PKCS12 PFX data',
  ],
  'curl-files': [
    "curl: (58) unable to set private key file: 'second.key' type PEM",
    "curl 58: unable to set private key file: 'enc.key' type PEM",
    "Error: ENOENT: no such file or directory, open 'none.key'",
    "FileNotFoundError: [Errno 2] No such file or directory: 'none.key'",
    'java.nio.file.NoSuchFileException: none.key',
    'open none.key: no such file or directory',
    'Errno::ENOENT: No such file or directory @ rb_sysopen - none.key',
    'Could not open file or uri for loading client certificate private key from none.key',
  ],
  'windows-key': [
    'No credentials are available in the security package',
    'curl: (58) schannel: Failed to import cert file acme-0001.pem, last error is 0x80092002',
    'curl: (58) SSL: Can\'t load the certificate "acme-0001.pem" and its private key: OSStatus -25299',
  ],
  'windows-revocation': [
    'curl: (35) schannel: next InitializeSecurityContext failed: CRYPT_E_NO_REVOCATION_CHECK (0x80092012) - The revocation function was unable to check revocation for the certificate.',
  ],
  'nothing-listens': [
    "curl: (7) Failed to connect to gw.example port 8443 after 0 ms: Couldn't connect to server",
    'Error: connect ECONNREFUSED 127.0.0.1:8443',
    "NewConnectionError(<connection>: Failed to establish a new connection: [Errno 111] Connection refused')",
    'ConnectError: [Errno 111] Connection refused',
    'java.net.ConnectException',
    'java.nio.channels.ClosedChannelException',
    'dial tcp 127.0.0.1:8443: connect: connection refused',
    'Errno::ECONNREFUSED: Failed to open TCP connection to localhost:8443 (Connection refused - connect(2) for 127.0.0.1:8443)',
    'No connection could be made because the target machine actively refused it.',
  ],
  unresolved: [
    'curl: (6) Could not resolve host: gw.example',
    'Error: getaddrinfo ENOTFOUND gw.example',
    'java.net.UnknownHostException: gw.example',
    'dial tcp: lookup gw.example: no such host',
    'socket.gaierror: [Errno -2] Name or service not known',
    'No such host is known. (gw.example:8443)',
  ],
  'timed-out': [
    'curl: (28) Connection timed out after 10001 milliseconds',
    'Error: connect ETIMEDOUT 10.0.0.7:8443',
    'java.net.http.HttpTimeoutException: request timed out',
    'context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
  ],
  'plain-http': [
    'Error: write EPROTO 140:error:1408F10B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/openssl/ssl/record/ssl3_record.c:332:',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'curl: (1) Received HTTP/0.9 when not allowed',
    'Client sent an HTTP request to an HTTPS server.',
    'http: server gave HTTP response to HTTPS client',
    'javax.net.ssl.SSLException: Unsupported or unrecognized SSL message',
    'tls: first record does not look like a TLS handshake',
    'Cannot determine the frame size or a corrupted frame was received.',
  ],
  'http-proxy': [
    'curl: (56) CONNECT tunnel failed, response 403',
    'Error: tunneling socket could not be established, statusCode=407',
  ],
  'no-certificate': [
    'curl: (56) OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0',
    'SSL alert number 116',
    'remote error: tls: certificate required',
    'javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_required',
    '400 No required SSL certificate was sent',
    'The client sent no certificate. Configure it to send one of the environment production with its private key',
    'No client certificate was presented.',
  ],
  'wrong-environment': [
    'error:0A000418:SSL routines::tlsv1 alert unknown ca:../ssl/record/rec_layer_s3.c:1590:SSL alert number 48',
    'remote error: tls: unknown certificate authority',
    'javax.net.ssl.SSLHandshakeException: Received fatal alert: unknown_ca',
    'The certificate acme-0004 belongs to the environment staging, and this is the gateway of production. Use a certificate of production, or call the gateway of staging.',
    'Certificate acme-0004 belongs to Staging, but this is the Production gateway.',
  ],
  'not-in-time': [
    'The certificate acme-0001 expired at 2026-11-11T08:00:23.000Z. Create a new one in the portal and install it.',
    'sslv3 alert certificate expired',
    'remote error: tls: expired certificate',
  ],
  revoked: [
    '{"code":"certificate_revoked","detail":"…","traceId":"4efd99c589505c6e0cbc03be8082518f"}',
    'The certificate acme-0005 was revoked and cannot be enabled again. Create a new one in the portal and install it.',
    'remote error: tls: revoked certificate',
    'oauth2: cannot fetch token: 403 Forbidden Response: {"status":403,"code":"certificate_revoked"}',
  ],
  unfit: ['sslv3 alert bad certificate', 'remote error: tls: bad certificate'],
  'token-bound': [
    'This access token is bound to another certificate than acme-0002, which this connection uses. Fetch a token with acme-0002.',
    'token_certificate_mismatch',
  ],
  'client-authentication': [
    'The client id or the client secret is not right. Copy both again from the API credentials of this environment.',
    'Invalid client ID or client secret. Check both against the API credentials of this environment.',
    'InvalidClientError: (invalid_client) The client id or the client secret is not right.',
    'OAuthError: invalid_client: The client id',
    'WWWAuthenticateChallengeError: server responded with a challenge in the WWW-Authenticate HTTP Header',
    'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
    'Too many failed attempts. Wait 1 seconds and check the secret.',
  ],
  'tls-settings': [
    'tlsv1 alert protocol version',
    'remote error: tls: protocol version not supported',
    'No appropriate protocol (protocol is disabled or cipher suites are inappropriate)',
    'curl: (35) OpenSSL/3.0: error:0A000410:SSL routines::sslv3 alert handshake failure',
    "Authentication failed because the remote party sent a TLS alert: 'HandshakeFailure'.",
    'tlsv1 alert no application protocol',
    'The request was aborted: Could not create SSL/TLS secure channel.',
  ],
  'no-response': [
    'java.io.IOException: Connection reset',
    'curl: (52) Empty reply from server',
    'Error: socket hang up',
    'Error: read ECONNRESET',
    'Client network socket disconnected before secure TLS connection was established',
    'javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake',
    'error:0A000126:SSL routines::unexpected eof while reading',
    'An existing connection was forcibly closed by the remote host.',
    'curl: (35)',
  ],
  'body-cut': [
    'java.io.IOException: Broken pipe',
    'Error: write EPIPE',
    'write tcp 10.0.0.1:50000->10.0.0.7:8443: write: broken pipe',
    "SSLError(SSLEOFError(8, 'EOF occurred in violation of protocol (_ssl.c:2393)'))",
    'WriteError: EOF occurred in violation of protocol (_ssl.c:2393)',
    'java.io.IOException: /127.0.0.1:8443: GOAWAY received',
    'java.io.IOException: HTTP/1.1 header parser received no bytes',
    'java.io.IOException: Error writing to server',
  ],
  'answer-hidden': [
    'curl: (22) The requested URL returned error: 403',
    'AxiosError: Request failed with status code 403',
    'HTTPError: 403 Client Error: Forbidden for url: https://gw.example/token',
    "HTTPStatusError: Client error '403 Forbidden' for url 'https://gw.example/token' For more information check: https://httpstatuses.com/403",
    'HTTPError: HTTP Error 403: Forbidden',
    'java.io.IOException: Server returned HTTP response code: 403 for URL: https://gw.example/token',
    'Failed to open stream: HTTP request failed! HTTP/1.1 403 Forbidden',
    'Net::HTTPServerException: 403 "Forbidden"',
    'OpenURI::HTTPError: 403 Forbidden',
    'MissingTokenError: (missing_token) Missing access token parameter.',
    'ClientError: unexpected response content-type',
    'OAUTH_RESPONSE_IS_NOT_JSON',
    'AxiosError: Request failed with status code 401',
  ],
  postman: ['Could not get response', 'Could not send request'],
}

test.each(Object.entries(messages).flatMap(([id, all]) => all.map((message) => [id, message] as const)))(
  '%s is the first case for: %s',
  (id, message) => expect(findCasesByMessage(message)[0]?.id).toBe(id),
)

test.each([
  // cURL prints the same for three causes, and Java breaks off in several ways with a wrong key.
  [
    "curl: (58) unable to set private key file: 'a.key' type PEM",
    ['curl-files', 'key-mismatch', 'passphrase'],
  ],
  ['java.io.IOException: Connection reset', ['no-response', 'key-mismatch']],
  ['java.io.IOException: Broken pipe', ['body-cut', 'no-response', 'key-mismatch']],
  ['curl: (58)', ['curl-files', 'key-mismatch', 'passphrase']],
  ['tls: failed to parse private key', ['key-format', 'passphrase']],
  [
    'curl: (22) The requested URL returned error: 403',
    ['answer-hidden', 'no-certificate', 'wrong-environment'],
  ],
])('%s has several causes, the most likely first', (message, expected) =>
  expect(
    findCasesByMessage(message)
      .map(({ id }) => id)
      .slice(0, expected.length),
  ).toEqual(expected),
)

test.each(['', 'no such message', 'certificate', 'curl 7.88.1', 'hello from acme_0001'])(
  'nothing is found for: %s',
  (message) => expect(findCasesByMessage(message)).toEqual([]),
)

test('a message reads the same whatever the machine, the files and the versions', () => {
  const read = (path: string, line: number) =>
    normalizeMessage(
      `curl: (58) could not load PEM client certificate from '${path}', OpenSSL error error:${line}0006C:PEM routines::no start line (_ssl.c:${line})`,
    )
  expect(read('/home/ann/keys/acme-0001.pem', 3895)).toBe(read('C:\\keys\\my file.pem', 1204))
  expect(read('acme-0001.pem', 3895)).toBe(read('./other.crt', 9999))
})

test('a trace ID is found in a response, and a fingerprint is none', () => {
  expect(findTraceId('"traceId":"4EFD99C589505C6E0CBC03BE8082518F"')).toBe('4efd99c589505c6e0cbc03be8082518f')
  expect(findTraceId('a'.repeat(64))).toBeUndefined()
})

test('each sign leads to help cases that exist, and is in the form that messages are read in', () => {
  for (const { says, cases } of [...specificSigns, ...generalSigns]) {
    for (const id of cases) expect(findCaseById(id), id).toBeDefined()
    for (const each of says)
      if (typeof each === 'string') expect(normalizeMessage(each.replaceAll('?', '?'))).toBe(each)
  }
})
