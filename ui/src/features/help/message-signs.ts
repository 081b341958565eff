/** What messages of one cause have in common. */
export interface MessageSign {
  /** Parts of the normalized message (see `normalizeMessage`). */
  says: (string | RegExp)[]
  /** The IDs of the help cases, the most likely first. */
  cases: string[]
}

const denied = ['answer-hidden', 'no-certificate', 'wrong-environment', 'not-in-time', 'revoked']
const unauthorized = ['answer-hidden', 'client-authentication', 'token', 'token-bound']

/** Sentences of the gateway itself, without their code. */
const gatewaySigns: MessageSign[] = [
  { says: [/certificate .*was revoked/], cases: ['revoked'] },
  { says: [/certificate .*expired at/, /certificate .*is not valid before/], cases: ['not-in-time'] },
  { says: [/belongs to .*(?:gateway|environment)/], cases: ['wrong-environment'] },
  { says: ['client sent no certificate', 'no client certificate was presented'], cases: ['no-certificate'] },
  { says: [/token is (?:certificate )?bound/], cases: ['token-bound'] },
  {
    says: [
      'client id or the client secret is not right',
      'invalid client id or client secret',
      'too many failed attempts',
      'invalid client',
      'invalidclient',
      'www authenticate http header',
      'www authenticate challenge',
    ],
    cases: ['client-authentication'],
  },
  { says: ['invalid token', 'access token expired'], cases: ['token'] },
  { says: ['insufficient scope'], cases: ['scope'] },
]

/** TLS alerts of a gateway, or of a reverse proxy before it. */
const alertSigns: MessageSign[] = [
  {
    says: [
      'certificate required',
      'certificate is required',
      'alert number 116',
      'did not return a certificate',
      'no required ssl certificate was sent',
    ],
    cases: ['no-certificate', 'key-mismatch'],
  },
  {
    says: ['unknown ca', 'unknown certificate authority', 'alert number 48'],
    cases: ['wrong-environment', 'unfit'],
  },
  {
    says: ['alert certificate expired', 'tls expired certificate', 'alert number 45'],
    cases: ['not-in-time'],
  },
  { says: ['certificate revoked', 'revoked certificate', 'alert number 44'], cases: ['revoked'] },
  {
    says: ['bad certificate', 'certificate unknown', 'unsupported certificate', /alert number 4[236]/],
    cases: ['unfit', 'wrong-environment', 'key-mismatch', 'no-certificate'],
  },
  {
    says: [
      'protocol version',
      'unsupported protocol',
      'no protocols available',
      'protocol is disabled or cipher suites are inappropriate',
      'alert number 70',
      'no application protocol',
      'alert number 120',
      'no shared cipher',
      'no cipher',
      'insufficient security',
      'unsupported or no common',
    ],
    cases: ['tls-settings'],
  },
  {
    says: [
      'handshake failure',
      'handshakefailure',
      'alert number 40',
      'illegal parameter',
      'sec e algorithm mismatch',
    ],
    cases: ['tls-settings', 'no-certificate', 'key-mismatch'],
  },
]

/** Programs that cannot use the files of the client certificate. */
const fileSigns: MessageSign[] = [
  {
    says: [
      'key values mismatch',
      'private key does not match',
      'private key type does not match',
      'does not match the certificate public key',
      'does not match the public key for this certificate',
      'certificate and the given key do not match',
      'no certificate assigned',
      'decrypt error',
      'alert number 51',
    ],
    cases: ['key-mismatch'],
  },
  {
    says: [
      'mac verify',
      'invalid password?',
      'keystore password was incorrect',
      'network password is not correct',
      'final block not properly padded',
      'unrecoverablekeyexception',
      'pkcs12',
      'pkcs 12',
      'rc2 40 cbc',
      'envelope routines unsupported',
      'evp generic fetch',
    ],
    cases: ['p12', 'passphrase'],
  },
  {
    says: [
      'error setting certificate verify locations',
      'error setting certificate file',
      'error adding trust anchors',
      'error reading ca cert',
      'could not find a suitable tls ca certificate bundle',
      'load verify locations',
      'trustanchors parameter must be non empty',
      'cert bundle',
      'extra certs',
    ],
    cases: ['ca-file'],
  },
  {
    says: [
      'no such file',
      'enoent',
      'filenotfound',
      'nosuchfile',
      'file not found',
      'could not find file',
      'cannot find the file',
      'could not open file',
      'unable to set private key file',
    ],
    cases: ['curl-files'],
  },
  {
    says: [
      'unable to set private key file',
      'could not read private key',
      'unable to load client certificate private key',
    ],
    cases: ['curl-files', 'key-mismatch', 'passphrase', 'files-swapped'],
  },
  {
    says: [
      'pem pass phrase',
      'bad decrypt',
      'key is encrypted',
      'unable to get pass',
      'maybe wrong password',
      'bad password read',
      'password is required',
      'errno 22 invalid argument',
      'encrypted private key',
      'incorrect ending byte',
    ],
    cases: ['passphrase', 'key-format'],
  },
  {
    says: [
      'failed to parse private key',
      'invalidkeyspecexception',
      'invalidkeyexception',
      'algid parse error',
      'invalid key format',
      'illegal base64 character',
      'unsupported key',
      'bad base64 decode',
      'could not deserialize key data',
    ],
    cases: ['key-format', 'passphrase', 'files-swapped'],
  },
  {
    says: [
      'no start line',
      'did find a private key',
      'failed to find any pem data',
      'failed to find certificate pem data',
      'failed to find pem block',
      'signed fields invalid',
      'no begin certificate',
      'could not load pem client certificate',
      'could not find certificate',
      'could not find private key',
      'unable to load certificate',
      'unexpected header',
      'cannot find the requested object',
      'do not contain a pem',
      'unable to parse certificate',
    ],
    cases: ['files-swapped', 'curl-files'],
  },
  {
    says: [
      'no credentials are available in the security package',
      'credentials supplied to the package were not recognized',
      'keyset does not exist',
      'failed to import cert',
      'cant load the certificate',
      'osstatus',
      'sec e no credentials',
      'failed to open cert store',
    ],
    cases: ['windows-key', 'curl-files'],
  },
]

/** Clients that do not accept the gateway's certificate. */
const trustSigns: MessageSign[] = [
  {
    says: [
      'no alternative certificate subject name',
      'does not match target host name',
      'does not match certificates altnames',
      'cert altname invalid',
      'doesnt match',
      'hostname mismatch',
      'ip address mismatch',
      'certificate is not valid for',
      'no subject alternative',
      /certificate is valid for .*not/,
      'doesnt contain any ip sans',
      'name in the certificate does not match',
      'certificatenamemismatch',
      'sec e wrong principal',
      'no name matching',
    ],
    cases: ['server-name'],
  },
  {
    says: [
      'no revocation check',
      'revocation offline',
      'revocation function was unable',
      'revocationstatusunknown',
      '80092012',
    ],
    cases: ['windows-revocation'],
  },
  {
    says: [
      'certificate has expired',
      'cert has expired',
      'expired or is not yet valid',
      'certificate is not yet valid',
      'cert not yet valid',
      'validity check failed',
      'certificateexpiredexception',
      'certificatenotyetvalid',
      'certificate chain uses expired certificate',
      'sec e cert expired',
      'nottimevalid',
      'certificate is not activated',
    ],
    cases: ['server-time', 'not-in-time'],
  },
  {
    says: [
      'unable to get local issuer certificate',
      'unable to get issuer cert',
      'unable to verify the first certificate',
      'unable to verify leaf signature',
      'self signed',
      'pkix path',
      'unable to find valid certification path',
      'signed by unknown authority',
      'certificate issuer is unknown',
      'issuer is not recognized',
      'certificate is not trusted',
      'certificate verification failed',
      'sec e untrusted root',
      'untrustedroot',
      'partialchain',
      'unknown issuer',
      'invalid peer certificate',
      'ca cert does not match',
    ],
    cases: ['curl-server'],
  },
]

/** HTTP, DNS and the network. */
const networkSigns: MessageSign[] = [
  {
    says: [
      'tunneling socket',
      'connect tunnel failed',
      'proxy connect',
      'from proxy after connect',
      'proxyerror',
      'proxy authentication required',
      'unable to connect to proxy',
    ],
    cases: ['http-proxy'],
  },
  {
    says: [
      'wrong version number',
      'http 0 9 when not allowed',
      'http request to an https server',
      'http response to https client',
      'plain http request',
      'unsupported or unrecognized ssl message',
      'unrecognized ssl message',
      'first record does not look like a tls handshake',
      'unexpected tls packet',
      'packet with illegal or unsupported version',
      'cannot determine the frame size',
      'http request was sent to https port',
    ],
    cases: ['plain-http', 'http-proxy'],
  },
  {
    says: [
      'could not resolve host',
      'enotfound',
      'eai again',
      'getaddrinfo',
      'unknownhost',
      'no such host',
      'name or service not known',
      'nodename nor servname',
      'name resolution',
      'unresolvedaddress',
      'could not resolve',
    ],
    cases: ['unresolved'],
  },
  {
    says: [
      'connection refused',
      'econnrefused',
      'actively refused',
      'couldnt connect to server',
      'connectexception',
      'closedchannelexception',
      'errno 111',
    ],
    cases: ['nothing-listens'],
  },
  {
    says: [
      'timed out',
      'timeout',
      'etimedout',
      'deadline exceeded',
      'no route to host',
      'ehostunreach',
      'enetunreach',
      'network is unreachable',
      'task was canceled',
    ],
    cases: ['timed-out'],
  },
  {
    says: [
      'epipe',
      'broken pipe',
      'goaway',
      'header parser received no bytes',
      'error writing to server',
      'writeerror',
      'eof occurred in violation of protocol',
      'unable to write data to the transport',
    ],
    cases: ['body-cut', 'no-response', 'key-mismatch'],
  },
  {
    says: [
      'econnreset',
      'connection reset',
      'connection was reset',
      'socket hang up',
      'empty reply from server',
      'connection was closed',
      'connection closed',
      'network socket disconnected',
      'forcibly closed',
      'unexpected eof',
      'unexpected end of',
      'ssl error syscall',
      'terminated the handshake',
      'closed connection during handshake',
      'disconnected without',
      'remotedisconnected',
      'recv failure',
      'non properly terminated',
      'response ended prematurely',
    ],
    cases: ['no-response', 'key-mismatch', 'address-limited'],
  },
  {
    says: [
      /(?:error|code|returned|http 1 1|http 2|exception) 403/,
      '403 client error',
      '403 forbidden',
      'client error 403',
      'missing access token parameter',
      'missing token',
      'unexpected response content type',
      'response is not json',
    ],
    cases: denied,
  },
  {
    says: [
      /(?:error|code|returned|http 1 1|http 2) 401/,
      '401 client error',
      '401 unauthorized',
      'client error 401',
    ],
    cases: unauthorized,
  },
]

/** All signs of one cause. */
export const specificSigns: MessageSign[] = [
  ...gatewaySigns,
  ...fileSigns,
  ...trustSigns,
  ...alertSigns,
  ...networkSigns,
]

/** Words that several causes share; they tell something only where no other sign does. */
export const generalSigns: MessageSign[] = [
  {
    says: [
      'ssl certificate problem',
      'certificate verify failed',
      'verify error',
      'verify return code',
      'remote certificate is invalid',
      'remotecertificatechainerrors',
      'certificateexception',
      'peer certificate',
      /\bcurl exit 60\b/,
      'x509',
    ],
    cases: ['curl-server', 'server-name', 'server-time'],
  },
  {
    says: [/\bcurl exit 58\b/, 'local client certificate'],
    cases: ['curl-files', 'key-mismatch', 'passphrase', 'files-swapped', 'windows-key'],
  },
  { says: [/\bcurl exit 77\b/], cases: ['ca-file'] },
  { says: [/\bcurl exit 6\b/], cases: ['unresolved'] },
  { says: [/\bcurl exit 7\b/, 'failed to connect'], cases: ['nothing-listens', 'timed-out'] },
  { says: [/\bcurl exit 28\b/], cases: ['timed-out'] },
  { says: [/\bcurl exit 22\b/], cases: denied },
  { says: [/\bcurl exit (?:5|97)\b/], cases: ['http-proxy'] },
  { says: [/\bcurl exit (?:1|3|4)\b/], cases: ['plain-http'] },
  {
    says: [/\bcurl exit (?:35|52|55|56|92)\b/, 'ssl connect error'],
    cases: ['no-response', 'tls-settings', 'key-mismatch', 'address-limited'],
  },
  {
    says: ['could not get response', 'could not send request', 'could not get any response', 'eproto'],
    cases: ['postman', 'tls-settings', 'plain-http'],
  },
  {
    says: [
      'received fatal alert',
      'fatal alert has been received',
      'party sent a tls alert',
      'ssl connection could not be established',
      'sslhandshakeexception',
      'sslexception',
      'sslerror',
      'could not create ssl tls secure channel',
      'authenticationexception',
    ],
    cases: ['tls-settings', 'no-certificate', 'curl-server', 'key-mismatch'],
  },
  {
    says: [
      'fetch failed',
      'connecterror',
      'connectionerror',
      'could not establish a connection',
      'socketexception',
    ],
    cases: ['unresolved', 'nothing-listens', 'curl-server'],
  },
]
