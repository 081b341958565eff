import type { DenialCode } from '../../contract/denial-codes.ts'
import type { Denial } from './denial.ts'
import { getPresentedDetails, type PresentedCertificate } from './presented-certificate.ts'

interface DenialDetails {
  subject: string
  issuer: string
  notBefore: string
  notAfter: string
  /** How users know the certificate: its name if it is known. */
  name: string
  environment: string
  otherEnvironment: string
  problem: string
}

const sentences: Partial<Record<DenialCode, (details: DenialDetails) => string>> = {
  certificate_missing: ({ environment }) =>
    `The client sent no certificate. Configure it to send one of the environment ${environment} with its private key, for example with --cert and --key of curl; in Postman the host and port of the certificate entry must match. A client that has one may have left it out in silence: Node and Java do where the private key is of another kind than the certificate, such as an RSA key beside an EC certificate.`,
  certificate_malformed: () =>
    'The certificate that the client sent cannot be read. Use the certificate file exactly as it was downloaded.',
  certificate_issuer_unknown: ({ subject, issuer }) =>
    `The certificate ${subject} was not issued by this gateway’s authority; it names the issuer ${issuer}. Use a certificate that was downloaded from the portal.`,
  certificate_chain_incomplete: ({ subject, issuer }) =>
    `The certificate ${subject} came without the certificate of its issuer ${issuer}, which this gateway does not have. Send the whole chain: use the file that ends in -fullchain.pem.`,
  certificate_wrong_environment: ({ name, environment, otherEnvironment }) =>
    `The certificate ${name} belongs to the environment ${otherEnvironment}, and this is the gateway of ${environment}. Use a certificate of ${environment}, or call the gateway of ${otherEnvironment}.`,
  certificate_wrong_purpose: ({ name, problem }) =>
    `The certificate ${name} cannot be used by a client: ${problem}. Use a client certificate that was downloaded from the portal.`,
  certificate_chain_invalid: ({ subject, problem }) =>
    `The chain of the certificate ${subject} is not in order: ${problem}. Use a certificate that was downloaded from the portal.`,
  certificate_weak: ({ subject, problem }) =>
    `The certificate ${subject} proves too little: ${problem}. Create a new key and a new certificate in the portal.`,
  certificate_expired: ({ name, notAfter }) =>
    `The certificate ${name} expired at ${notAfter}. Create a new one in the portal and install it.`,
  certificate_not_yet_valid: ({ name, notBefore }) =>
    `The certificate ${name} is valid only from ${notBefore} on. Check the clocks, or wait until then.`,
  certificate_issuer_retired: ({ name }) =>
    `The certificate ${name} is of an authority that the provider has taken out of service. Rotate it in the portal: the successor comes from the new authority.`,
  certificate_revoked: ({ name }) =>
    `The certificate ${name} was revoked and cannot be enabled again. Create a new one in the portal and install it.`,
  certificate_state_unknown: ({ name }) =>
    `The gateway has not reached its registry for so long that it cannot tell whether ${name === '' ? 'these API credentials are' : `the certificate ${name} is`} still good. They may well be in order: try again later, and tell the provider if it goes on.`,
  certificate_not_registered: ({ subject }) =>
    `The certificate ${subject} is from the right authority, but it is not registered with this gateway. Download the certificate from the portal again, or create a new one.`,
}

/** Describes a denied certificate for users: what was presented, and what to do. */
export function explainDenial(
  { code, owner, otherEnvironment, problem }: Denial,
  presented: PresentedCertificate | undefined,
  environment: string,
): string {
  const details = getPresentedDetails(presented)
  const sentence = sentences[code]
  if (sentence === undefined) return 'The certificate was refused.'
  return sentence({
    subject: details?.subject || 'with an empty subject',
    issuer: details?.issuer || 'with an empty name',
    notBefore: details?.notBefore ?? '',
    notAfter: details?.notAfter ?? '',
    name: owner?.fingerprint === presented?.fingerprint ? (owner?.name ?? '') : (details?.subject ?? ''),
    environment,
    otherEnvironment: otherEnvironment ?? '',
    problem: problem ?? presented?.purposeProblem ?? '',
  })
}
