import { getAddresses } from '../shapes/actor-name.ts'
import type { CertificateNews } from '../shapes/certificate-news.ts'
import type { Certificate } from './certificate.ts'
import type { Environments } from './certificate-dependencies.ts'

/**
 * Returns the recipients of a certificate's emails: its contacts, and the user who submitted its request or
 * registered it.
 */
export function toCertificateNews(
  certificate: Certificate,
  organizationSlug: string,
  environments: Environments,
): CertificateNews {
  const { id, name, environment, organizationId, contacts, request, external, createdBy } = certificate
  const by = external === null ? request?.submittedBy : createdBy
  const submitter = by === undefined ? [] : getAddresses(by)
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
