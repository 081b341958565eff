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
  const what = offered ? `The client offered ${offered} at most` : 'The client offered no version'
  return {
    code: 'tls_version_unsupported',
    explanation: `${what}, and TLS 1.2 or 1.3 is needed. Use a current TLS library, or allow these versions in its settings.`,
  }
}

const noGroup: Explain = () => ({
  code: 'tls_group_unsupported',
  explanation: `The client offered no group for the key exchange that is accepted here. Allow one of ${[...acceptedGroups.values()].join(', ')} in the settings of its TLS library.`,
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
      'The client offered no cipher suite, or no signature algorithm, that is accepted here. Use a current TLS library with its default ciphers.',
  }
}

const noProtocol: Explain = (hello) => {
  const offered = hello?.protocols ?? []
  const what =
    offered.length > 0 ? `offered ${offered.join(', ')} by ALPN` : 'offered other protocols by ALPN'
  return {
    code: 'tls_alpn_unsupported',
    explanation: `The client ${what}, and this gateway speaks h2 (HTTP/2) and http/1.1. Let the client offer one of these, or no ALPN, which means HTTP/1.1.`,
  }
}

const causes: readonly [RegExp, Explain][] = [
  [/UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|INAPPROPRIATE_FALLBACK|ALERT_PROTOCOL_VERSION/, noVersion],
  [/NO_SUITABLE_KEY_SHARE|NO_SUITABLE_GROUPS|NO_SHARED_GROUPS?|BAD_KEY_SHARE/, noGroup],
  [/NO_APPLICATION_PROTOCOL/, noProtocol],
  [/NO_SHARED_CIPHER|NO_CIPHERS|NO_SUITABLE_SIGNATURE_ALGORITHM|NO_SHARED_SIGNATURE/, noCipher],
  [
    /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED|UNSUPPORTED_CERTIFICATE)/,
    () => ({
      code: 'tls_server_certificate_rejected',
      explanation:
        'The client did not accept the gateway’s own certificate. Give it the right CA file, and call the gateway by the name in its certificate.',
    }),
  ],
  [
    /EVP_LIB|BAD_SIGNATURE|SIGNATURE_FAILURE|CERTIFICATE_VERIFY/,
    () => ({
      code: 'tls_client_signature_invalid',
      explanation:
        'The certificate of the client, or its proof to hold the private key, has a wrong signature. Use certificate and key as they belong together.',
    }),
  ],
  [
    /KEY_TOO_SMALL|MD_TOO_WEAK|DIGEST_TOO_WEAK/,
    () => ({
      code: 'certificate_weak',
      explanation:
        'The key or the signature of the client’s certificate is too weak. Create a new key and a new certificate in the portal.',
    }),
  ],
  [
    /HANDSHAKE_TIMEOUT/,
    () => ({
      code: 'tls_handshake_timeout',
      explanation:
        'The TLS handshake was not completed in time. Look for a firewall or a proxy in between that holds packets back, and call the gateway by TLS from the first byte on.',
    }),
  ],
  [
    /^(ECONNRESET|EPIPE|ECONNABORTED)$/,
    () => ({
      code: 'tls_handshake_reset',
      explanation:
        'The connection was closed in the middle of the TLS handshake. The log of the client says why: often it does not trust the gateway’s certificate, or cannot use its own certificate or key. A firewall in between may do it too.',
    }),
  ],
  [
    /WRONG_VERSION_NUMBER|HTTP_REQUEST|HTTPS_PROXY_REQUEST|UNEXPECTED_MESSAGE/,
    () => ({
      code: 'tls_handshake_failed',
      explanation:
        'What the client sent is not TLS. Call the gateway by https, without a protocol before it.',
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
