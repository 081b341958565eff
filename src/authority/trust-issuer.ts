import type { Clock } from '../clock.ts'
import type { ExternalCertificatePolicy } from '../contract/environment.ts'
import { PosternError } from '../errors.ts'
import type { ParsedCertificate } from '../pki/certificate/certificate.ts'
import { findCertificates } from '../pki/certificate/find-certificates.ts'
import { findWeakness } from '../pki/certificate/find-weakness.ts'
import type { Actor } from '../shapes/actor.ts'
import type { ExternalIssuerStore } from './external-issuer-store.ts'

/**
 * Trusts an external CA for an environment: certificates that it issued can be registered there one by one.
 * Throws `external_certificates_off`, `certificate_unreadable`, `certificate_is_private_key`,
 * `external_issuer_unsuitable`, and `conflict` for a CA that exists.
 */
export async function trustIssuer(
  { external, clock }: { external: ExternalIssuerStore; clock: Clock },
  actor: Actor,
  { name, externalCertificates }: { name: string; externalCertificates: ExternalCertificatePolicy },
  text: string,
): Promise<string> {
  if (externalCertificates === 'off')
    throw new PosternError(
      'external_certificates_off',
      `The environment ${name} takes no certificates of other authorities. Set externalCertificates in its configuration first.`,
    )
  const [issuer, ...others] = findCertificates(text)
  const now = clock.now()
  const problem =
    issuer === undefined || others.length > 0
      ? 'give one certificate, that of the authority alone'
      : findProblem(issuer, now)
  if (issuer === undefined || problem !== undefined)
    throw new PosternError('external_issuer_unsuitable', `This authority cannot be trusted: ${problem}.`)
  return external.insert(name, issuer, { actor, now })
}

function findProblem(issuer: ParsedCertificate, now: number): string | undefined {
  const { version, basicConstraints, keyUsage, extendedKeyUsage, notBefore, notAfter } = issuer
  if (version !== 3 || !basicConstraints?.ca) return 'it is not the certificate of an authority (CA:TRUE)'
  if (keyUsage !== undefined && !keyUsage.includes('keyCertSign')) return 'its key may not sign certificates'
  const forClients = ['clientAuth', 'anyExtendedKeyUsage']
  if (extendedKeyUsage !== undefined && !extendedKeyUsage.some((purpose) => forClients.includes(purpose)))
    return 'it may not certify clients'
  if (now < notBefore || now >= notAfter + 1000) return 'it is not valid at this moment'
  return findWeakness(issuer)
}
