import { formatCount } from '../contract/format-count.ts'
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
          ? 'None of the calls so far would have been denied.'
          : `Of the calls so far, ${formatCount(refused, 'call')} would have been denied. The page below shows which calls, and what to fix.`
      return toEach(news, customersOf(recipients), {
        occasion: 'enforcement-planned',
        subject: 'Client certificates will be required',
        lines: [
          `Starting ${toMinute(enforceAt)}, every ${news.label} request from ${news.slug} needs a client certificate. Calls and token requests without one will be denied.`,
          standing,
        ],
      })
    },

    /** Returns the emails to the customer: the planned enforcement is canceled. */
    withdrawn(news: PolicyStep, recipients: readonly Recipient[], enforceAt: number): Email[] {
      return toEach(news, customersOf(recipients), {
        occasion: 'enforcement-withdrawn',
        subject: 'Client certificate requirement canceled',
        lines: [
          `The provider canceled the client certificate requirement for ${news.slug} in ${news.label} planned for ${toMinute(enforceAt)}. You do not need to do anything.`,
        ],
      })
    },

    /**
     * Returns the emails to all: the date has come, and enforcement is postponed, since calls would have been
     * denied, or may have been missed where `recent` is 0.
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
          `The client certificate requirement for ${news.slug} in ${news.label}, planned for ${toMinute(enforceAt)}, is postponed. ${
            recent === 0
              ? `The gateways have not reported without a gap in the last ${windowHours} hours, so calls that would be denied may have been missed.`
              : `In the last ${windowHours} hours, ${formatCount(recent, 'call')} would have been denied.`
          }`,
          `The requirement takes effect automatically after ${windowHours} hours in which the gateways report without a gap and no such call comes. The page below shows which calls, and what to fix.`,
        ],
      })
    },

    /** Returns the emails to all: enforcement has started. */
    began(news: PolicyStep, recipients: readonly Recipient[]): Email[] {
      return toEach(news, recipients, {
        occasion: 'enforcement-began',
        subject: 'Client certificates are now required',
        lines: [
          `Since ${toMinute(news.at)}, every ${news.label} request from ${news.slug} needs a client certificate. Access tokens that were issued without one are no longer accepted.`,
        ],
      })
    },
  }
}

export type EnforcementEmails = ReturnType<typeof createEnforcementEmails>

const customersOf = (recipients: readonly Recipient[]) => recipients.filter(({ isOperator }) => !isOperator)
