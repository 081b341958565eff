import { randomBytes } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Environment } from '../../config/config.ts'
import type { NewRegistration } from '../../contract/registration.ts'
import { PosternError } from '../../errors.ts'
import type { ParsedCertificate } from '../../pki/certificate/certificate.ts'
import { findCertificates } from '../../pki/certificate/find-certificates.ts'
import {
  checkExternalCertificate,
  type ExternalCertificate,
  type TrustedIssuer,
} from '../../pki/path/check-external-certificate.ts'
import { toPem } from '../../pki/text/pem.ts'
import type { Actor } from '../../shapes/actor.ts'
import { getAllowedKeys } from '../../shapes/allowed-keys.ts'
import { toText } from '../../shapes/moment.ts'
import type { Organization } from '../../shapes/organization.ts'
import type { CertificateStore } from '../certificate-store.ts'
import { assertReplaceable } from '../issuance/rotate-certificate.ts'
import type { KeyChecks } from '../issuance/submit-request.ts'
import type { Registration } from './registration.ts'
import type { RegistrationStore } from './registration-store.ts'

/** The dependencies of the checks of an externally issued certificate. */
export interface ExternalDependencies {
  /** Lists the issuers that operators trust for an environment and that are not retired at `now`. */
  listTrustedIssuers(environment: string, now: number): Promise<TrustedIssuer[]>
  /** Returns whether the key (SubjectPublicKeyInfo) has signed the certificate. */
  isSignedBy(certificate: ParsedCertificate, spki: Uint8Array): boolean
  keys: KeyChecks
  /** Finds what operators have decided about the externally issued certificates of an organization. */
  findMigration(place: { organizationId: string; environment: string }): Promise<MigrationLimits | undefined>
}

/** When the externally issued certificates of an organization end; milliseconds since 1970, null means never. */
export interface MigrationLimits {
  endsAt: number | null
  /** Until when certificates for TLS servers alone are accepted; null means not at all. */
  exceptionUntil: number | null
}

/** The dependencies of a registration. */
export interface RegisterDependencies extends ExternalDependencies {
  registrations: RegistrationStore
  certificates: CertificateStore
  clock: Clock
}

/**
 * Stores an acceptable, externally issued certificate until possession of its key is proven. Throws the codes
 * of findCertificates and checkForeignCertificate, `key_shared_factor`, `registration_limit_reached`, and
 * `certificate_wrong_state` if it replaces a certificate that was never valid.
 */
export async function registerCertificate(
  dependencies: RegisterDependencies,
  actor: Actor,
  { organization, environment }: { organization: Organization; environment: Environment },
  { certificate: text, replaces, ...details }: NewRegistration,
): Promise<Registration> {
  const now = dependencies.clock.now()
  if (replaces !== undefined)
    assertReplaceable(await dependencies.certificates.get(organization.id, replaces), environment.name, now)
  const given = findCertificates(text)
  const place = { organization, environment }
  const checked = await checkExternal(dependencies, place, given, now)
  const { certificate, fingerprintSha256 } = checked
  const others = given.filter((other) => other !== certificate)
  const registration = {
    organizationId: organization.id,
    environment: environment.name,
    details: { ...details, replacesId: replaces ?? null },
    der: certificate.der,
    fingerprintSha256,
    chain: others.map(({ der }) => toPem('CERTIFICATE', der)).join(''),
    source: checked.source,
    notAfter: checked.notAfter,
    challenge: randomBytes(32).toString('base64url'),
  }
  return dependencies.registrations.insert(registration, { actor, now })
}

/** Checks a certificate against the present policy of an environment, and of the organization in it. */
export async function checkExternal(
  { listTrustedIssuers, isSignedBy, keys, findMigration }: ExternalDependencies,
  { organization, environment }: { organization: Pick<Organization, 'id'>; environment: Environment },
  given: readonly ParsedCertificate[],
  now: number,
): Promise<ExternalCertificate> {
  const { name, externalCertificates } = environment
  const migration = await findMigration({ organizationId: organization.id, environment: name })
  const { endsAt = null, exceptionUntil = null } = migration ?? {}
  if (endsAt !== null && now >= endsAt)
    throw new PosternError(
      'external_certificates_off',
      `Since ${toText(endsAt)}, your organization can no longer use certificates from other CAs in this environment. Create a certificate here instead.`,
    )
  const checked = await checkExternalCertificate(given, {
    now,
    isSignedBy,
    allowedKeys: getAllowedKeys(environment, now),
    externalCertificates,
    issuers: await listTrustedIssuers(name, now),
    findCompromisedKey: keys.findCompromisedKey,
    isServerOnlyAccepted: exceptionUntil !== null && now < exceptionUntil,
  })
  const { rsa } = checked.publicKey
  if (rsa) await keys.assertSharesNone(rsa)
  return checked
}
