import { type Email, writeBody } from '../shapes/email.ts'
import { toMinute } from '../shapes/moment.ts'
import type { Readiness } from './policy.ts'

/** A recipient; operators of the provider also receive postponements. */
export interface Recipient {
  email: string
  isOperator: boolean
}

/** The subject of an email. */
export interface PolicyNews {
  organizationId: string
  slug: string
  environment: string
  /** Display name of the environment. */
  label: string
}

/** The same with its time; milliseconds since 1970. */
export interface PolicyStep extends PolicyNews {
  at: number
}

/** Creates the emails about mTLS enforcement; their links lead to the portal. */
export function createEnforcementEmails(portalUrl: string) {
  const toEach = (
    { organizationId, slug, environment, label, at: moment }: PolicyStep,
    recipients: readonly Recipient[],
    { occasion, subject, lines }: { occasion: string; subject: string; lines: readonly string[] },
  ): Email[] => {
    const link = `${portalUrl}/o/${slug}/${environment}/enforcement`
    const addresses = new Set(recipients.map(({ email }) => email.toLowerCase()))
    return [...addresses].map((recipient) => ({
      key: `${occasion}:${organizationId}:${environment}:${moment}:${recipient}`,
      organizationId,
      recipient,
      subject: `${subject} (${slug}, ${label})`,
      body: writeBody(lines, link),
      cause: 'operator',
    }))
  }

  return {
    /** Returns the emails to the customer: the date, and the readiness of its clients. */
    planned(
      news: PolicyStep,
      recipients: readonly Recipient[],
      { enforceAt, refused }: { enforceAt: number } & Pick<Readiness, 'refused'>,
    ): Email[] {
      const standing =
        refused === 0
          ? 'None of the calls that have been seen so far would be refused then.'
          : `Of the calls that have been seen so far ${inWords(refused)} would have been refused. The page below says which, and what to do.`
      return toEach(news, customersOf(recipients), {
        occasion: 'enforcement-planned',
        subject: 'Client certificates will be required',
        lines: [
          `from ${toMinute(enforceAt)} on every call of ${news.slug} to ${news.label} needs a client certificate. Calls and token requests without one are refused from then on.`,
          standing,
        ],
      })
    },

    /** Returns the emails to the customer: the planned enforcement is canceled. */
    withdrawn(news: PolicyStep, recipients: readonly Recipient[], enforceAt: number): Email[] {
      return toEach(news, customersOf(recipients), {
        occasion: 'enforcement-withdrawn',
        subject: 'Client certificates will not be required as was announced',
        lines: [
          `the provider has taken back that from ${toMinute(enforceAt)} on calls of ${news.slug} to ${news.label} need a client certificate. Nothing changes for your services on that day.`,
        ],
      })
    },

    /**
     * Returns the emails to all: the date has come, and enforcement is postponed, since calls would have been
     * denied.
     */
    held(
      news: PolicyStep,
      recipients: readonly Recipient[],
      {
        enforceAt,
        recent,
        windowHours,
      }: { enforceAt: number; windowHours: number } & Pick<Readiness, 'recent'>,
    ): Email[] {
      return toEach(news, recipients, {
        occasion: 'enforcement-held',
        subject: 'Client certificates are not required yet',
        lines: [
          `from ${toMinute(enforceAt)} on calls of ${news.slug} to ${news.label} were to need a client certificate. That is put off: in the last ${windowHours} hours ${inWords(recent)} came that would be refused.`,
          `As soon as there have been none for ${windowHours} hours, certificates are required by themselves. The page below says which calls they are, and what to do.`,
        ],
      })
    },

    /** Returns the emails to all: enforcement has started. */
    began(news: PolicyStep, recipients: readonly Recipient[]): Email[] {
      return toEach(news, recipients, {
        occasion: 'enforcement-began',
        subject: 'Client certificates are required now',
        lines: [
          `since ${toMinute(news.at)} every call of ${news.slug} to ${news.label} needs a client certificate. Access tokens that were fetched without one do not count any more.`,
        ],
      })
    },
  }
}

export type EnforcementEmails = ReturnType<typeof createEnforcementEmails>

const customersOf = (recipients: readonly Recipient[]) => recipients.filter(({ isOperator }) => !isOperator)
const inWords = (calls: number): string => (calls === 1 ? 'one call' : `${calls} calls`)
