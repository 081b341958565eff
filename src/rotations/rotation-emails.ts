import type { CertificateNews } from '../shapes/certificate-news.ts'
import { type Email, writeBody } from '../shapes/email.ts'

/** Creates the emails about retirements; their links lead to the portal. */
export const createRotationEmails = (portalUrl: string) => ({
  /**
   * Returns the emails to the contacts of a certificate: its time has come, and calls would have been denied. `planned`
   * says what was to happen, after the name of the certificate and its environment.
   */
  postponed(
    news: CertificateNews,
    { retireAt, planned, verdict }: { retireAt: number; planned: string; verdict: string },
  ): Email[] {
    const link = `${portalUrl}/o/${news.organizationSlug}/${news.environment}/certificates/${news.id}/rotation`
    const addresses = new Map(news.recipients.map((address) => [address.toLowerCase(), address]))
    return [...addresses].map(([key, recipient]) => ({
      key: `retirement-held:${news.id}:${retireAt}:${key}`,
      organizationId: news.organizationId,
      recipient,
      subject: `Certificate ${news.name} is not retired yet (${news.environmentLabel})`,
      body: writeBody(
        [
          `${news.name} in ${news.environmentLabel} ${planned}. This is postponed: ${verdict}.`,
          `It is retired automatically as soon as that is safe. The page below shows what still uses it.`,
        ],
        link,
      ),
    }))
  },
})

export type RotationEmails = ReturnType<typeof createRotationEmails>
