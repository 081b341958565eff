import { certificateSourceNames } from '../contract/enum-names.ts'
import type { RegistrationView } from '../contract/registration.ts'
import type { Handlers } from '../http/handler.ts'
import { parseCertificate } from '../pki/certificate/certificate.ts'
import { parsePublicKey } from '../pki/key/public-key.ts'
import { formatName } from '../pki/name/name.ts'
import { toActorView } from '../shapes/actor.ts'
import { toText } from '../shapes/moment.ts'
import { getEnvironment } from './certificate-dependencies.ts'
import { type ProveDependencies, proveRegistration } from './registration/prove-registration.ts'
import { registerCertificate } from './registration/register-certificate.ts'
import { getChallengeFile, isWaiting, type Registration } from './registration/registration.ts'
import { toQualifiedView } from './to-qualified-view.ts'

type Ids =
  | 'registerCertificate'
  | 'listRegistrations'
  | 'getRegistration'
  | 'proveRegistration'
  | 'cancelRegistration'

/** Returns the handlers for externally issued certificates until possession of their key is proven. */
export function registrationRoutes(dependencies: ProveDependencies): Pick<Handlers, Ids> {
  const { registrations, clock } = dependencies
  return {
    registerCertificate: async ({ actor, organization, environment, body }) =>
      toView(
        dependencies,
        organization.slug,
        await registerCertificate(dependencies, actor, { organization, environment }, body),
      ),
    async listRegistrations({ organization, query }) {
      const page = await registrations.list(organization.id, query, clock.now())
      const items = page.items.map((item) => toView(dependencies, organization.slug, item))
      return { ...page, items: await Promise.all(items) }
    },
    getRegistration: async ({ organization, params }) =>
      toView(
        dependencies,
        organization.slug,
        await registrations.get(organization.id, params.registrationId),
      ),
    async proveRegistration({ actor, organization, params, body }) {
      const place = { organization, registrationId: params.registrationId }
      await proveRegistration(dependencies, actor, place, body.signature)
      return toView(
        dependencies,
        organization.slug,
        await registrations.get(organization.id, params.registrationId),
      )
    },
    async cancelRegistration({ actor, organization, params }) {
      const registration = await registrations.get(organization.id, params.registrationId)
      await registrations.remove(registration, { actor, now: clock.now() })
      return undefined
    },
  }
}

function toView(
  { environments, clock }: Pick<ProveDependencies, 'environments' | 'clock'>,
  organization: string,
  registration: Registration,
): RegistrationView {
  const { id, environment, certificateId, fingerprintSha256 } = registration
  const certificate = parseCertificate(registration.der)
  const { subject, issuer, serialNumber, spki, notBefore } = certificate
  const isOver = certificateId === null && !isWaiting(registration, clock.now())
  return {
    ...{ id, environment, certificateId, fingerprintSha256, serialNumber },
    source: certificateSourceNames.toName(registration.source),
    status: certificateId !== null ? 'registered' : isOver ? 'expired' : 'pending',
    subject: formatName(subject),
    issuer: formatName(issuer),
    keyAlgorithm: parsePublicKey(spki).label,
    qualified: toQualifiedView(certificate),
    notBefore: toText(notBefore),
    notAfter: toText(registration.notAfter),
    challenge: getChallengeFile(registration, organization),
    proofUrl: `${getEnvironment(environments, environment).gatewayUrl}/registrations`,
    lastProblem: registration.problem,
    createdAt: toText(registration.createdAt),
    createdBy: toActorView(registration.registeredBy),
    expiresAt: toText(registration.expiresAt),
  }
}
