import type { CertificateNews } from '../shapes/certificate-news.ts'
import { type Email, writeBody } from '../shapes/email.ts'
import { toMinute } from '../shapes/moment.ts'

/** Creates the emails about retirements; their links lead to the portal. */
export const createRotationEmails = (portalUrl: string) => ({
  /** Returns the emails to the contacts of a certificate: its time has come, and calls would have been denied. */
  postponed(news: CertificateNews, { retireAt, verdict }: { retireAt: number; verdict: string }): Email[] {
    const link = `${portalUrl}/o/${news.organizationSlug}/${news.environment}/certificates/${news.id}/rotation`
    const addresses = new Map(news.recipients.map((address) => [address.toLowerCase(), address]))
    return [...addresses].map(([key, recipient]) => ({
      key: `retirement-held:${news.id}:${retireAt}:${key}`,
      organizationId: news.organizationId,
      recipient,
      subject: `Certificate ${news.name} is not retired yet (${news.environmentLabel})`,
      body: writeBody(
        [
          `The retirement of ${news.name} in ${news.environmentLabel}, planned for ${toMinute(retireAt)}, is postponed: ${verdict}.`,
          `It is retired automatically as soon as that is safe. The page below shows what still uses it.`,
        ],
        link,
      ),
    }))
  },
})

export type RotationEmails = ReturnType<typeof createRotationEmails>
