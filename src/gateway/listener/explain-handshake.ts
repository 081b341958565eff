import type { ConnectionProblem } from '../observation/record-connection.ts'
import { acceptedGroups } from '../socket/tls-parameters.ts'
import type { ClientHello } from './client-hello.ts'

const versions = new Map([
  [0x0300, 'SSL 3.0'],
  [0x0301, 'TLS 1.0'],
  [0x0302, 'TLS 1.1'],
])

type Explain = (hello: ClientHello | undefined) => ConnectionProblem

const noVersion: Explain = (hello) => {
  const offered = versions.get(hello?.newestVersion ?? 0)
  const what = offered ? `The client supports ${offered} at most` : 'The client offered no TLS version'
  return {
    code: 'tls_version_unsupported',
    explanation: `${what}. The gateway requires TLS 1.2 or 1.3. Update the TLS library, or enable these versions in its settings.`,
  }
}

const noGroup: Explain = () => ({
  code: 'tls_group_unsupported',
  explanation: `The client and the gateway share no key exchange group. Enable one of ${[...acceptedGroups.values()].join(', ')} in the client’s TLS settings.`,
})

/**
 * Explains a missing shared cipher, which is what OpenSSL also reports with TLS 1.2 if no group is shared.
 */
const noCipher: Explain = (hello) => {
  const offered = hello?.groups ?? []
  if (offered.length > 0 && !offered.some((group) => acceptedGroups.has(group))) return noGroup(hello)
  return {
    code: 'tls_cipher_unsupported',
    explanation:
      'The client and the gateway share no cipher suite or signature algorithm. Use a current TLS library with its default ciphers.',
  }
}

const noProtocol: Explain = (hello) => {
  const offered = hello?.protocols ?? []
  const what =
    offered.length > 0 ? `offered ${offered.join(', ')} by ALPN` : 'offered other protocols by ALPN'
  return {
    code: 'tls_alpn_unsupported',
    explanation: `The client ${what}, but this gateway supports h2 (HTTP/2) and http/1.1. Configure the client to offer one of these, or no ALPN, which means HTTP/1.1.`,
  }
}

const causes: readonly [RegExp, Explain][] = [
  [/UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|INAPPROPRIATE_FALLBACK|ALERT_PROTOCOL_VERSION/, noVersion],
  [/NO_SUITABLE_KEY_SHARE|NO_SUITABLE_GROUPS|NO_SHARED_GROUPS?|BAD_KEY_SHARE/, noGroup],
  [/NO_APPLICATION_PROTOCOL/, noProtocol],
  [/NO_SHARED_CIPHER|NO_CIPHERS|NO_SUITABLE_SIGNATURE_ALGORITHM|NO_SHARED_SIGNATURE/, noCipher],
  [
    /ALERT_CERTIFICATE_EXPIRED/,
    () => ({
      code: 'tls_server_certificate_rejected',
      explanation:
        'The client rejected the gateway’s server certificate as expired. Check the clock of the client. If the clock is right, contact the provider, who has to renew the certificate.',
    }),
  ],
  [
    /ALERT_CERTIFICATE_REVOKED/,
    () => ({
      code: 'tls_server_certificate_rejected',
      explanation:
        'The client rejected the gateway’s server certificate as revoked. Contact the provider, who has to replace the certificate.',
    }),
  ],
  [
    /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE)/,
    () => ({
      code: 'tls_server_certificate_rejected',
      explanation:
        'The client rejected the gateway’s server certificate. Configure the correct CA file, and call the gateway by the host name in its certificate.',
    }),
  ],
  [
    /EVP_LIB|BAD_SIGNATURE|SIGNATURE_FAILURE|CERTIFICATE_VERIFY/,
    () => ({
      code: 'tls_client_signature_invalid',
      explanation:
        'The client certificate or the proof of its private key has an invalid signature. Use the private key that matches the certificate.',
    }),
  ],
  [
    /KEY_TOO_SMALL|MD_TOO_WEAK|DIGEST_TOO_WEAK/,
    () => ({
      code: 'certificate_weak',
      explanation:
        'The key or the signature of the client certificate is too weak. Create a new key and a new certificate in the portal.',
    }),
  ],
  [
    /HANDSHAKE_TIMEOUT/,
    () => ({
      code: 'tls_handshake_timeout',
      explanation:
        'The TLS handshake timed out. Check for a firewall or proxy that holds back packets, and start TLS with the first byte.',
    }),
  ],
  [
    /^(ECONNRESET|EPIPE|ECONNABORTED)$/,
    () => ({
      code: 'tls_handshake_reset',
      explanation:
        'The connection was closed during the TLS handshake. Check the client’s log: it may not trust the gateway’s certificate, or may be unable to use its own certificate or key. A firewall can also be the cause.',
    }),
  ],
  [
    /WRONG_VERSION_NUMBER|HTTP_REQUEST|HTTPS_PROXY_REQUEST/,
    () => ({
      code: 'tls_handshake_failed',
      explanation: 'The client did not send TLS. Use https, and send no other protocol before it.',
    }),
  ],
  [
    /UNEXPECTED_MESSAGE/,
    () => ({
      code: 'tls_handshake_failed',
      explanation:
        'The client sent a TLS message that is not allowed at this point of the handshake. Update the TLS library of the client, and check for a proxy that changes TLS messages.',
    }),
  ],
]

/** Explains a failed handshake; `errorCode` is that of Node's error. */
export function explainHandshake(
  errorCode: string | undefined,
  hello: ClientHello | undefined,
): ConnectionProblem {
  const explain = causes.find(([pattern]) => pattern.test(errorCode ?? ''))?.[1]
  return (
    explain?.(hello) ?? {
      code: 'tls_handshake_failed',
      explanation: `The TLS handshake failed (${errorCode ?? 'no reason given'}). Try again, and check the client’s TLS settings.`,
    }
  )
}
