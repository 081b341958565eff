import type { Clock } from '../../clock.ts'
import type { CertificateChange } from '../../contract/certificate.ts'
import { keyKindNames } from '../../contract/enum-names.ts'
import type { Actor } from '../../shapes/actor.ts'
import { getAllowedKeys } from '../../shapes/allowed-keys.ts'
import type { Certificate } from '../certificate.ts'
import { type Environments, getEnvironment } from '../certificate-dependencies.ts'
import type { CertificateStore } from '../certificate-store.ts'
import { assertKeyKindAllowed, checkSubjectDetails } from './create-certificate.ts'

/**
 * Changes the given fields. Subject and key kind can only be changed of a draft. Throws `not_found`,
 * `certificate_wrong_state`, `subject_invalid` or `key_not_allowed`.
 */
export async function updateCertificate(
  parts: { certificates: CertificateStore; environments: Environments; clock: Clock },
  actor: Actor,
  { organizationId, certificateId }: { organizationId: string; certificateId: string },
  change: CertificateChange,
): Promise<Certificate> {
  const { certificates, environments, clock } = parts
  const certificate = await certificates.get(organizationId, certificateId)
  const { keyKind: keyKindName, subject, ...details } = change
  const keyKind = keyKindName && keyKindNames.toStored(keyKindName)
  if (keyKind !== undefined)
    assertKeyKindAllowed(
      keyKind,
      getAllowedKeys(getEnvironment(environments, certificate.environment), clock.now()),
    )
  const checked = subject && checkSubjectDetails(subject, certificate.name)
  const changed = { ...details, keyKind, subject: checked }
  return certificates.update(organizationId, certificateId, changed, { actor, now: clock.now() })
}
