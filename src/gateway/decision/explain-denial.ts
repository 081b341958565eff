import type { DenialCode } from '../../contract/denial-codes.ts'
import type { Denial } from './denial.ts'
import { getPresentedDetails, type PresentedCertificate } from './presented-certificate.ts'

interface DenialDetails {
  subject: string
  issuer: string
  notBefore: string
  notAfter: string
  /** The time by the clock of this gateway. */
  now: string
  /** How users know the certificate: its name if it is known. */
  name: string
  environment: string
  otherEnvironment: string
  problem: string
  /** What its own CA says of a revoked certificate. */
  finding: string
}

const sentences: Partial<Record<DenialCode, (details: DenialDetails) => string>> = {
  certificate_missing: ({ environment }) =>
    `No client certificate was presented. Configure your client to send a certificate of the environment ${environment} with its private key. In cURL use --cert and --key. In Postman the host and port of the certificate entry must match the request. Node and Java silently send no certificate if the private key is of another kind than the certificate, such as an RSA key with an EC certificate.`,
  certificate_malformed: () =>
    'The client certificate could not be parsed. Use the certificate file exactly as you downloaded it.',
  certificate_issuer_unknown: ({ subject, issuer }) =>
    `This gateway does not trust the issuer of the certificate ${subject}. The certificate names the issuer ${issuer}. Use a certificate that you downloaded from the portal.`,
  certificate_chain_incomplete: ({ subject, issuer }) =>
    `The certificate ${subject} was sent without its intermediate CA certificate ${issuer}. Send the full chain: use the file that ends in -fullchain.pem.`,
  certificate_wrong_environment: ({ name, environment, otherEnvironment }) =>
    `The certificate ${name} belongs to the environment ${otherEnvironment}, but this is the ${environment} gateway. Use a certificate of ${environment}, or call the ${otherEnvironment} gateway.`,
  certificate_wrong_purpose: ({ name, problem }) =>
    `The certificate ${name} cannot be used for TLS client authentication: ${problem}. Use a client certificate that you downloaded from the portal.`,
  certificate_chain_invalid: ({ subject, problem }) =>
    `The certificate chain of ${subject} is not valid: ${problem}. Use a certificate that you downloaded from the portal.`,
  certificate_weak: ({ subject, problem }) =>
    `The certificate ${subject} is not secure: ${problem}. Create a new key and a new certificate in the portal.`,
  certificate_expired: ({ name, notAfter, now }) =>
    `The certificate ${name} expired at ${notAfter}. Create a new one in the portal and install it. ${aboutClock(now)}`,
  certificate_not_yet_valid: ({ name, notBefore, now }) =>
    `The certificate ${name} is not valid before ${notBefore}. Wait until then. ${aboutClock(now)}`,
  certificate_issuer_retired: ({ name }) =>
    `The provider retired the CA that issued the certificate ${name}. Rotate the certificate in the portal: the replacement comes from the new CA.`,
  external_certificate_ended: ({ name, issuer }) =>
    `Your organization can no longer use certificates from other CAs here. The certificate ${name} was issued by ${issuer}. Create a certificate in the portal as its replacement and install it.`,
  external_status_unavailable: ({ name, issuer }) =>
    `The CA that issued the certificate ${name} (${issuer}) has not confirmed for too long that it is not revoked: its CRL or OCSP cannot be reached or has expired. Contact your provider. A certificate from the portal does not depend on that CA.`,
  certificate_revoked: ({ name, finding }) =>
    finding !== ''
      ? `The certificate ${name} was revoked by its CA: ${finding}. It cannot be enabled again. Create a new one with a new key and install it.`
      : `The certificate ${name} was revoked and cannot be enabled again. Create a new one in the portal and install it.`,
  certificate_state_unknown: ({ name }) =>
    `The gateway has been unable to reach its registry and cannot confirm that ${name === '' ? 'these API credentials are' : `the certificate ${name} is`} still valid. Try again later. If the error persists, contact the provider.`,
  organization_suspended: () =>
    'Your organization is suspended: the provider denies everything of it until it is reactivated. Contact the provider. Nothing has to be changed in your client.',
  organization_closed: () => 'Your organization is closed. Contact the provider.',
  certificate_not_registered: ({ subject }) =>
    `The right CA issued the certificate ${subject}, but it is not registered with this gateway. Download the certificate from the portal again, or create a new one.`,
}

/** Lets a user see whether the clock of the gateway is the cause: it is the one that decides. */
const aboutClock = (now: string) =>
  `The clock of this gateway says ${now}: if that is wrong, tell the provider.`

/**
 * Describes a denied certificate for users: what was presented, and what to do; `now` is the time of the decision,
 * milliseconds since 1970.
 */
export function explainDenial(
  { code, owner, otherEnvironment, problem, finding }: Denial,
  presented: PresentedCertificate | undefined,
  { environment, now }: { environment: string; now: number },
): string {
  const details = getPresentedDetails(presented)
  const sentence = sentences[code]
  if (sentence === undefined) return 'The certificate is not accepted.'
  return sentence({
    subject: details?.subject || 'with an empty subject',
    issuer: details?.issuer || 'with an empty name',
    notBefore: details?.notBefore ?? '',
    notAfter: details?.notAfter ?? '',
    now: new Date(now).toISOString(),
    name: owner?.fingerprint === presented?.fingerprint ? (owner?.name ?? '') : (details?.subject ?? ''),
    environment,
    otherEnvironment: otherEnvironment ?? '',
    problem: problem ?? presented?.purposeProblem ?? '',
    finding: finding === undefined ? '' : describeFinding(finding),
  })
}

function describeFinding({ at, by, subject }: NonNullable<Denial['finding']>): string {
  const since = new Date(at).toISOString()
  return subject === null
    ? `${by} lists it since ${since}`
    : `${by} lists the CA ${subject} above it since ${since}`
}
