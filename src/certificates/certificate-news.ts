import { addressesOf } from '../shapes/actor-name.ts'
import type { CertificateNews } from '../shapes/certificate-news.ts'
import type { Certificate } from './certificate.ts'
import type { Environments } from './certificate-parts.ts'

/**
 * Returns the recipients of a certificate's emails: its contacts, and the user who submitted its request or
 * registered it.
 */
export function newsOf(
  certificate: Certificate,
  organizationSlug: string,
  environments: Environments,
): CertificateNews {
  const { id, name, environment, organizationId, contacts, request, foreign, createdBy } = certificate
  const by = foreign === null ? request?.submittedBy : createdBy
  const submitter = by === undefined ? [] : addressesOf(by)
  return {
    id,
    name,
    environment,
    environmentLabel: environments.get(environment)?.label ?? environment,
    organizationId,
    organizationSlug,
    recipients: [...contacts, ...submitter],
  }
}
