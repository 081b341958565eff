import type { ErrorCode } from '../contract/error-codes.ts'
import { type Presented, presentedFacts } from './presented.ts'
import type { Refusal } from './verdict.ts'

interface Facts {
  subject: string
  issuer: string
  notBefore: string
  notAfter: string
  /** What people call the certificate: its name where it is known. */
  name: string
  environment: string
  otherEnvironment: string
  purposeProblem: string
}

const sentences: Partial<Record<ErrorCode, (facts: Facts) => string>> = {
  certificate_missing: ({ environment }) =>
    `The client sent no certificate. Configure it to send one of the environment ${environment} with its private key, for example with --cert and --key of curl; in Postman the host and port of the certificate entry must match.`,
  certificate_malformed: () =>
    'The certificate that the client sent cannot be read. Use the certificate file exactly as it was downloaded.',
  certificate_issuer_unknown: ({ subject, issuer }) =>
    `The certificate ${subject} was not issued by this gateway’s authority; it names the issuer ${issuer}. Use a certificate that was downloaded from the portal.`,
  certificate_chain_incomplete: ({ subject, issuer }) =>
    `The certificate ${subject} came without the certificate of its issuer ${issuer}, which this gateway does not have. Send the whole chain: use the file that ends in -fullchain.pem.`,
  certificate_wrong_environment: ({ name, environment, otherEnvironment }) =>
    `The certificate ${name} belongs to the environment ${otherEnvironment}, and this is the gateway of ${environment}. Use a certificate of ${environment}, or call the gateway of ${otherEnvironment}.`,
  certificate_wrong_purpose: ({ name, purposeProblem }) =>
    `The certificate ${name} cannot be used by a client: ${purposeProblem}. Use a client certificate that was downloaded from the portal.`,
  certificate_expired: ({ name, notAfter }) =>
    `The certificate ${name} expired at ${notAfter}. Create a new one in the portal and install it.`,
  certificate_not_yet_valid: ({ name, notBefore }) =>
    `The certificate ${name} is valid only from ${notBefore} on. Check the clocks, or wait until then.`,
  certificate_revoked: ({ name }) =>
    `The certificate ${name} was revoked and cannot be enabled again. Create a new one in the portal and install it.`,
  certificate_state_unknown: ({ name }) =>
    `The gateway has not reached its registry for so long that it cannot tell whether the certificate ${name} is still good. The certificate may be in order: try again later, and tell the provider if it goes on.`,
  certificate_not_registered: ({ subject }) =>
    `The certificate ${subject} is from the right authority, but it is not registered with this gateway. Download the certificate from the portal again, or create a new one.`,
}

/** What a person is told about a refused certificate: what was presented, and what to do. */
export function explainRefusal(
  { code, owner, otherEnvironment }: Refusal,
  presented: Presented | undefined,
  environment: string,
): string {
  const facts = presentedFacts(presented)
  const sentence = sentences[code]
  if (sentence === undefined) return 'The certificate was refused.'
  return sentence({
    subject: facts?.subject || 'with an empty subject',
    issuer: facts?.issuer || 'with an empty name',
    notBefore: facts?.notBefore ?? '',
    notAfter: facts?.notAfter ?? '',
    name: owner?.fingerprint === presented?.fingerprint ? (owner?.name ?? '') : (facts?.subject ?? ''),
    environment,
    otherEnvironment: otherEnvironment ?? '',
    purposeProblem: presented?.purposeProblem ?? '',
  })
}

const handshakes: [RegExp, string][] = [
  [
    /UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|WRONG_VERSION_NUMBER|INAPPROPRIATE_FALLBACK/,
    'The client offered no TLS version that is accepted here. Use TLS 1.2 or 1.3.',
  ],
  [
    /NO_SHARED_CIPHER|NO_SUITABLE|NO_SHARED_GROUP/,
    'The client offered no cipher that is accepted here. Use a current TLS library with its default ciphers.',
  ],
  [
    /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED|UNSUPPORTED_CERTIFICATE)/,
    'The client did not accept the gateway’s own certificate. Give it the right CA file, and call the gateway by the name in its certificate.',
  ],
  [
    /EVP_LIB|BAD_SIGNATURE|SIGNATURE_FAILURE|CERTIFICATE_VERIFY/,
    'The certificate of the client, or its proof to hold the private key, has a wrong signature. Use certificate and key as they belong together.',
  ],
  [
    /KEY_TOO_SMALL|MD_TOO_WEAK|DIGEST_TOO_WEAK/,
    'The key or the signature of the client’s certificate is too weak. Create a new certificate in the portal.',
  ],
]

/** What a person is told about a handshake that failed; `code` is the one of Node's error. */
export function explainHandshake(code: string | undefined): string {
  const known = handshakes.find(([pattern]) => pattern.test(code ?? ''))
  return (
    known?.[1] ??
    `The TLS handshake was not completed (${code ?? 'no reason given'}). Try again, and check the client’s TLS settings.`
  )
}
