import { formatCount } from '../contract/format-count.ts'
import { type Email, writeBody } from '../shapes/email.ts'
import { toMinute } from '../shapes/moment.ts'
import type { MigrationPlan } from './migration-plan.ts'

/** A recipient; operators of the provider also receive postponements and ends. */
export interface Recipient {
  email: string
  isOperator: boolean
}

/** The subject of an email. */
export interface MigrationNews {
  organizationId: string
  slug: string
  environment: string
  /** Display name of the environment. */
  label: string
}

/** The same with its time; milliseconds since 1970. */
export interface MigrationStep extends MigrationNews {
  at: number
}

type Dated = Pick<MigrationPlan, 'message'> & { deadline: number }

const what = 'certificates from other CAs'
const advice =
  'Create a certificate in the portal for each of these certificates, as its replacement, and install it. Both are accepted until then.'

/** Creates the emails about plans to leave certificates from other CAs; their links lead to the portal. */
export function createMigrationEmails(portalUrl: string) {
  const toEach = (
    { organizationId, slug, environment, label, at }: MigrationStep,
    recipients: readonly Recipient[],
    { occasion, subject, lines }: { occasion: string; subject: string; lines: readonly string[] },
  ): Email[] => {
    const link = `${portalUrl}/o/${slug}/${environment}/certificates`
    const addresses = new Set(recipients.map(({ email }) => email.toLowerCase()))
    return [...addresses].map((recipient) => ({
      key: `${occasion}:${organizationId}:${environment}:${at}:${recipient}`,
      organizationId,
      recipient,
      subject: `${subject} (${slug}, ${label})`,
      body: writeBody(lines, link),
      cause: 'operator',
    }))
  }
  const quote = ({ message }: Pick<MigrationPlan, 'message'>) =>
    message.length === 0 ? [] : ['', 'Your provider writes:', ...message.flatMap((line) => ['', line])]

  return {
    /** Returns the emails to the customer: the deadline, and what to do. */
    planned: (news: MigrationStep, recipients: readonly Recipient[], plan: Dated): Email[] =>
      toEach(news, customersOf(recipients), {
        occasion: 'migration-planned',
        subject: 'Replace your certificates from other CAs',
        lines: [
          `Starting ${toMinute(plan.deadline)}, ${what} of ${news.slug} will no longer be accepted in ${news.label}.`,
          advice,
          ...quote(plan),
        ],
      }),

    /** Returns the emails to the customer, some days before the deadline. */
    reminder: (news: MigrationStep, recipients: readonly Recipient[], plan: Dated, calls: number): Email[] =>
      toEach(news, customersOf(recipients), {
        occasion: 'migration-reminder',
        subject: 'Certificates from other CAs end soon',
        lines: [
          `Starting ${toMinute(plan.deadline)}, ${what} of ${news.slug} will no longer be accepted in ${news.label}. In the last hours, ${formatCount(calls, 'call')} came with such certificates.`,
          advice,
          ...quote(plan),
        ],
      }),

    /** Returns the emails to the customer: there is no deadline any more. */
    withdrawn: (news: MigrationStep, recipients: readonly Recipient[], deadline: number): Email[] =>
      toEach(news, customersOf(recipients), {
        occasion: 'migration-withdrawn',
        subject: 'Deadline for certificates from other CAs canceled',
        lines: [
          `The provider canceled the deadline of ${toMinute(deadline)} for ${what} of ${news.slug} in ${news.label}. You do not need to do anything.`,
        ],
      }),

    /** Returns the emails to all: the deadline has come and is postponed, since calls would be denied. */
    postponed: (
      news: MigrationStep,
      recipients: readonly Recipient[],
      {
        deadline,
        calls,
        isCounted,
        windowHours,
      }: { deadline: number; calls: number; isCounted: boolean; windowHours: number },
    ): Email[] =>
      toEach(news, recipients, {
        occasion: 'migration-postponed',
        subject: 'Certificates from other CAs are still accepted',
        lines: [
          `${capital(what)} of ${news.slug} in ${news.label} were to end on ${toMinute(deadline)}. That is postponed: ${
            calls === 0 && !isCounted
              ? `the gateways have not reported without a gap in the last ${windowHours} hours, so calls with them may have been missed.`
              : `in the last ${windowHours} hours, ${formatCount(calls, 'call')} came with them and would be denied.`
          }`,
          `They end automatically after ${windowHours} hours in which the gateways report without a gap and no such call comes, or when the provider decides so.`,
        ],
      }),

    /** Returns the emails to all: certificates from other CAs have ended. */
    ended: (news: MigrationStep, recipients: readonly Recipient[], endsAt: number): Email[] =>
      toEach(news, recipients, {
        occasion: 'migration-ended',
        subject: 'Certificates from other CAs are no longer accepted',
        lines: [
          `Since ${toMinute(endsAt)}, ${what} of ${news.slug} are no longer accepted in ${news.label}. Use certificates from the portal.`,
        ],
      }),
  }
}

export type MigrationEmails = ReturnType<typeof createMigrationEmails>

const customersOf = (recipients: readonly Recipient[]) => recipients.filter(({ isOperator }) => !isOperator)
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
