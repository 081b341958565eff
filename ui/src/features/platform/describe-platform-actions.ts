import type { PlatformAction } from '../../../../src/contract/platform.ts'
import type { ActionItem } from '../../components/ui/action-list.tsx'
import { countText } from '../../lib/count-text.ts'
import { relativeTime } from '../../lib/relative-time.ts'

type Words = Omit<ActionItem, 'id'>

const words: Record<PlatformAction['kind'], (count: number, since: string | undefined) => Words> = {
  gateway_missing: () => ({
    tone: 'bad',
    title: 'No gateway has reported in the last day',
    detail: 'No call of a customer gets through. Start a gateway, or read its log.',
    link: { to: '/operate/gateways' },
  }),
  gateway_not_reporting: (count, since) => ({
    tone: 'bad',
    title: `${countText(count, 'gateway process', 'gateway processes')} not reporting`,
    detail: `Last seen ${since}. It may run without the store and accept what was revoked since: check its machine.`,
    link: { to: '/operate/gateways' },
  }),
  gateway_behind: () => ({
    tone: 'bad',
    title: 'A gateway is behind',
    detail: 'It has not confirmed the newest changes, revocations among them.',
    link: { to: '/operate/gateways' },
  }),
  server_certificate_expiring: (count, since) => ({
    tone: 'bad',
    title: `${countText(count, 'server certificate', 'server certificates')} about to expire, or expired`,
    detail: `Expiry of the first: ${since}. Clients reject an expired one. Replace its files: no restart is needed.`,
    link: { to: '/operate/gateways' },
  }),
  revocation_list_late: (count) => ({
    tone: 'bad',
    title: `${countText(count, 'CRL is', 'CRLs are')} about to end, or ended`,
    detail:
      'Programs that check the CRL then deny every certificate of the CA. The log of the portal says why.',
    link: { to: '/operate/certificate-authorities' },
  }),
  restore_held: () => ({
    tone: 'bad',
    title: 'The restored store waits for a decision',
    detail:
      'What was revoked since the backup is not known. Nothing is signed and no gateway starts until postern restore is run again.',
    link: { to: '/operate/gateways' },
  }),
  backup_late: (_, since) => ({
    tone: 'bad',
    title: 'No recent verified backup',
    detail: `The last one was made, or the store was first used, ${since}. Run postern backup.`,
    link: { to: '/operate/audit', search: { type: 'store.backed_up' } },
  }),
  drill_late: (_, since) => ({
    tone: 'warn',
    title: 'Restore not practised',
    detail: `The last drill was run, or the store was first used, ${since}. Run postern drill.`,
    link: { to: '/operate/audit', search: { type: 'store.restore_practised' } },
  }),
  revocation_lost: (count) => ({
    tone: 'bad',
    title: `${countText(count, 'revocation was', 'revocations were')} lost with an older store`,
    detail: 'The gateways still deny them. Revoke them again, or they work after a restart.',
    link: { to: '/operate/gateways' },
  }),
  certificate_authority_expiring: (count) => ({
    tone: 'warn',
    title: `${countText(count, 'CA expires', 'CAs expire')} within 90 days`,
    detail: 'Rotate it: no certificate outlives its issuer, so new ones become shorter every day.',
    link: { to: '/operate/certificate-authorities' },
  }),
  email_failing: (count, since) => ({
    tone: 'warn',
    title: `${countText(count, 'email', 'emails')} not accepted by the mail server`,
    detail: `The first was written ${since}. They are sent again by themselves: check the mail server and its password.`,
    link: { to: '/operate/emails' },
  }),
  task_given_up: (count) => ({
    tone: 'warn',
    title: `${countText(count, 'task was', 'tasks were')} given up`,
    detail: 'The audit log names each, and what it was about.',
    link: { to: '/operate/audit', search: { type: 'job.given_up' } },
  }),
  confirmation_waiting: (count, since) => ({
    tone: 'info',
    title: `${countText(count, 'act waits', 'acts wait')} for a second operator`,
    detail: `The first was asked for ${since}. Confirm or cancel it.`,
    link: { to: '/operate/confirmations' },
  }),
  approval_waiting: (count, since) => ({
    tone: 'info',
    title: `${countText(count, 'CSR waits', 'CSRs wait')} for a decision`,
    detail: `The first was submitted ${since}. Approve or reject it.`,
    link: { to: '/operate/approvals' },
  }),
}

/** Returns what needs an operator at `now`, with its title, text and link. */
export const describePlatformActions = (actions: readonly PlatformAction[], now: Date): ActionItem[] =>
  actions.map(({ kind, count, since }) => ({
    id: kind,
    ...words[kind](count, since === null ? undefined : relativeTime(new Date(since), now)),
  }))
