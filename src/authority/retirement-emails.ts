import { type Email, writeBody } from '../shapes/email.ts'
import { toDay, toMinute } from '../shapes/moment.ts'
import type { StoppingCertificate } from './retirement-store.ts'

/** The occasion of an email about a retirement. */
export type RetirementStage = 'set' | 'in 14 days' | 'tomorrow'

const maxNamed = 50

/**
 * Composes one email to each recipient about all certificates of an organization that stop working when their
 * issuer is retired.
 */
export function writeRetirementEmails(
  { issuerId, retiresAt, portalUrl }: { issuerId: string; retiresAt: number; portalUrl: string },
  stage: RetirementStage,
  stopping: readonly StoppingCertificate[],
): Email[] {
  const emails = new Map<string, { certificates: StoppingCertificate[]; recipient: string }>()
  for (const certificate of stopping)
    for (const recipient of new Set(certificate.recipients)) {
      const key = `issuer-retires:${issuerId}:${retiresAt}:${stage}:${certificate.organization.id}:${recipient.toLowerCase()}`
      const email = emails.get(key) ?? { certificates: [], recipient }
      email.certificates.push(certificate)
      emails.set(key, email)
    }
  return [...emails].map(([key, { certificates, recipient }]) => {
    const [first] = certificates
    const names = certificates.slice(0, maxNamed).map(({ name }) => `- ${name}`)
    const more = certificates.length - names.length
    const body = writeBody(
      [
        `The CA that issued these certificates is retired on ${toMinute(retiresAt)}. From then on the gateway denies every request that uses them, even if they have not expired:`,
        '',
        ...names,
        ...(more > 0 ? [`- and ${more} more`] : []),
        '',
        'Rotate them before that date. The replacement comes from the new CA. Old and new certificates work in parallel until then.',
      ],
      `${portalUrl}/o/${first?.organization.slug}/${first?.environment}/certificates`,
    )
    const count =
      certificates.length === 1 ? 'A certificate stops' : `${certificates.length} certificates stop`
    return {
      key,
      organizationId: first?.organization.id ?? null,
      recipient,
      subject: `${count} working on ${toDay(retiresAt)} (${first?.environment})`,
      body,
      cause: 'operator',
    }
  })
}
