import type { CertificatePurpose, ExternalCertificatePolicy } from '../../contract/environment.ts'
import { PosternError } from '../../errors.ts'
import type { ParsedCertificate } from '../certificate/certificate.ts'
import { findWeakness } from '../certificate/find-weakness.ts'
import { sha256, toHex } from '../der/fingerprint.ts'
import { findCompromise } from '../key/compromised-keys.ts'
import { assertKeyAllowed, type KeyPolicy, type PublicKey, parsePublicKey } from '../key/public-key.ts'
import { assertModulusStrong } from '../key/rsa-weakness.ts'
import { formatName } from '../name/name.ts'
import type { FindCompromisedKey } from '../request/check-request.ts'
import { findPath, type Path } from './find-path.ts'
import { findPurposeProblem, getPurpose } from './find-purpose-problem.ts'
import type { PathOptions } from './validate-path.ts'

/** An issuer that operators trust. */
export interface TrustedIssuer {
  id: string
  parsed: ParsedCertificate
}

/** The rules for externally issued certificates. */
export interface ExternalRules extends PathOptions {
  allowedKeys: KeyPolicy
  externalCertificates: ExternalCertificatePolicy
  issuers: readonly TrustedIssuer[]
  findCompromisedKey: FindCompromisedKey
  /** Whether a certificate that is for TLS servers alone is accepted. */
  isServerOnlyAccepted: boolean
}

/** An externally issued certificate that may be registered, after proof of possession. */
export interface ExternalCertificate {
  certificate: ParsedCertificate
  publicKey: PublicKey
  /** SHA-256 of the DER, and of the SubjectPublicKeyInfo, hex. */
  fingerprintSha256: string
  spkiSha256: string
  purpose: CertificatePurpose
  source: 'trusted-issuer' | 'pinned'
  /** Null if it is pinned. */
  issuerId: string | null
  /** The certificates between it and the trusted issuer, or those submitted with a pinned one. */
  chain: readonly ParsedCertificate[]
  /** The last time at which it and all certificates above it are valid, milliseconds since 1970. */
  notAfter: number
}

/**
 * Checks an externally issued certificate with those submitted with it: one client certificate, strong, with
 * a key that the environment accepts, currently valid, and either below a trusted issuer (RFC 5280, section
 * 6.1) or, if the environment allows it, pinned. Throws `external_certificates_off`, `certificate_unsuitable`,
 * `certificate_not_current`, `certificate_untrusted`, and the `key_…` codes.
 */
export async function checkExternalCertificate(
  given: readonly ParsedCertificate[],
  rules: ExternalRules,
): Promise<ExternalCertificate> {
  if (rules.externalCertificates === 'off')
    throw new PosternError(
      'external_certificates_off',
      'This environment takes no certificates of other authorities. Create one here instead, or ask the provider.',
    )
  const certificate = findLeaf(given)
  const problem = findPurposeProblem(certificate, rules) ?? findWeakness(certificate)
  if (problem !== undefined)
    throw unfit(
      `it cannot be a client certificate here: ${problem}. Ask its authority for one that is made for TLS clients, with a key and a signature that are strong`,
    )
  const { publicKey, spkiSha256 } = await checkKey(certificate, rules)
  assertCurrent(certificate, rules.now)
  const candidates = given.filter((other) => other !== certificate)
  const purpose = getPurpose(certificate)
  const path = findPath(certificate, candidates, rules.issuers, {
    ...rules,
    purpose: purpose === 'server_auth' ? 'serverAuth' : 'clientAuth',
  })
  const isTrusted = path !== undefined && path.problem === undefined
  if (!isTrusted && rules.externalCertificates !== 'pinned') throw untrusted(certificate, path)
  const chain = isTrusted ? path.certificates.slice(1) : candidates
  const above = isTrusted ? [...chain, path.anchor.parsed] : []
  return {
    certificate,
    publicKey,
    fingerprintSha256: toHex(await sha256(certificate.der)),
    spkiSha256,
    purpose,
    source: isTrusted ? 'trusted-issuer' : 'pinned',
    issuerId: isTrusted ? path.anchor.id : null,
    chain,
    notAfter: Math.min(certificate.notAfter, ...above.map(({ notAfter }) => notAfter)),
  }
}

/** Returns the single certificate that is not a CA certificate. */
function findLeaf(given: readonly ParsedCertificate[]): ParsedCertificate {
  const [leaf, ...others] = given.filter(({ basicConstraints }) => !basicConstraints?.ca)
  if (others.length > 0) throw unfit('there are several client certificates here; register each by itself')
  if (leaf !== undefined) return leaf
  throw unfit(
    'it is the certificate of an authority (CA:TRUE), and clients need one of their own; a self-signed one is made with CA:FALSE',
  )
}

async function checkKey(
  { spki }: ParsedCertificate,
  { allowedKeys, findCompromisedKey }: ExternalRules,
): Promise<Pick<ExternalCertificate, 'publicKey' | 'spkiSha256'>> {
  const publicKey = parsePublicKey(spki)
  assertKeyAllowed(publicKey, allowedKeys)
  if (publicKey.rsa) await assertModulusStrong(publicKey.rsa.modulus)
  const spkiSha256 = toHex(await sha256(spki))
  const where = findCompromise(spkiSha256) ?? findCompromisedKey(publicKey)
  if (where === undefined) return { publicKey, spkiSha256 }
  throw new PosternError(
    'key_published',
    `The private key behind this certificate is known to everybody: ${where}. Make a new key of your own and have a new certificate issued for it.`,
  )
}

function assertCurrent({ notBefore, notAfter }: ParsedCertificate, now: number): void {
  const toText = (moment: number) => new Date(moment).toISOString()
  if (now < notBefore) throw notCurrent(`is valid only from ${toText(notBefore)} on`)
  if (now >= notAfter + 1000) throw notCurrent(`expired at ${toText(notAfter)}`)
}

const notCurrent = (problem: string) =>
  new PosternError('certificate_not_current', `This certificate ${problem}. Register one that is valid now.`)

const unfit = (problem: string) =>
  new PosternError('certificate_unsuitable', `This certificate cannot be registered: ${problem}.`)

function untrusted({ issuer }: ParsedCertificate, path: Path<TrustedIssuer> | undefined): PosternError {
  const { problem } = path ?? {}
  const cause =
    problem === undefined
      ? `no chain leads from its issuer ${formatName(issuer) || 'with an empty name'} to one that this environment trusts`
      : `of ${formatName(problem.certificate.subject) || 'a certificate with an empty subject'}, ${problem.problem}`
  return new PosternError(
    'certificate_untrusted',
    `This certificate is not trusted here: ${cause}. Give the certificates of its issuers too, or ask the provider which issuers are trusted.`,
  )
}
