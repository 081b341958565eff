import type { CertificateNews } from '../shapes/certificate-news.ts'
import { type Email, writeBody } from '../shapes/email.ts'
import { toDay } from '../shapes/moment.ts'

interface Message {
  occasion: string
  subject: string
  lines: readonly string[]
  isImportant?: boolean
}

/** Creates the emails about certificates; their links lead to the portal. */
export function createCertificateEmails(portalUrl: string) {
  const toEach = (news: CertificateNews, message: Message) => addressToEach(portalUrl, news, message)
  return {
    ready: (news: CertificateNews, notAfter: number): Email[] =>
      toEach(news, {
        occasion: 'certificate-ready',
        subject: `Certificate ${news.name} is ready`,
        lines: [
          `Certificate ${news.name} for ${news.environmentLabel} is ready to download.`,
          `It is valid until ${toDay(notAfter)}.`,
        ],
      }),
    rejected: (news: CertificateNews, reason: string): Email[] =>
      toEach(news, {
        occasion: 'certificate-rejected',
        subject: `Certificate ${news.name} was rejected`,
        lines: [
          `The request for ${news.name} in ${news.environmentLabel} was rejected.`,
          `Reason: ${reason}`,
          'You can create a new certificate at any time.',
        ],
      }),
    revoked: (news: CertificateNews, by: string): Email[] =>
      toEach(news, {
        occasion: 'certificate-revoked',
        subject: `Certificate ${news.name} was revoked`,
        lines: [
          `${by} revoked the certificate ${news.name} in ${news.environmentLabel}. The gateway now denies every request with this certificate. A revocation cannot be undone.`,
          'If a service still needs access, create a new certificate.',
        ],
        isImportant: true,
      }),
    /** `finding` says what another CA has revoked since when, as a sentence. */
    revokedByIssuer: (news: CertificateNews, finding: string): Email[] =>
      toEach(news, {
        occasion: 'certificate-revoked',
        subject: `Certificate ${news.name} was revoked by its CA`,
        lines: [
          `${finding} So Postern revoked the certificate ${news.name} in ${news.environmentLabel}, and the gateway now denies every request with it. A revocation cannot be undone.`,
          'If a service still needs access, create a new certificate with a new key. Ask your CA why it revoked this one.',
        ],
        isImportant: true,
      }),
  }
}

/** Returns an email for each recipient, with a link to the certificate. */
function addressToEach(
  portalUrl: string,
  news: CertificateNews,
  { occasion, subject, lines, isImportant = false }: Message,
): Email[] {
  const link = `${portalUrl}/o/${news.organizationSlug}/${news.environment}/certificates/${news.id}`
  const body = writeBody(lines, link)
  const recipients = new Map(news.recipients.map((address) => [address.toLowerCase(), address]))
  return [...recipients].map(([key, recipient]) => ({
    key: `${occasion}:${news.id}:${key}`,
    organizationId: news.organizationId,
    recipient,
    subject: `${subject} (${news.environmentLabel})`,
    body,
    isImportant,
    action: 'Open certificate',
  }))
}
