import type { PlatformAction, PlatformState } from '../contract/platform.ts'

/** What is counted of something that waits. Milliseconds since 1970; null where nothing waits. */
export interface Waiting {
  count: number
  since: number | null
}

/** What {@link findPlatformActions} decides by, besides the state itself. */
export interface PlatformFindings {
  approvals: Waiting
  confirmations: Waiting
  tasks: Waiting
  lostRevocations: Waiting
  /** `since` is when the last one was; of a store without any, when it was first used. */
  lateBackup: Waiting
  lateDrill: Waiting
  /** Whether a restored store waits for a decision. */
  isHeld: boolean
  /** Certificate authorities that sign and expire soon; `since` is when the first does. */
  expiring: Waiting
  /** Server certificates that have expired or expire soon; `since` is when the first does. */
  serverCertificates: Waiting
  /** When the process that is silent for the longest was last seen. */
  silentSince: number | null
}

/** More unconfirmed changes than a gateway has in passing. */
const manyChanges = 1000

/** Returns what needs an operator, the most urgent first. */
export function findPlatformActions(
  { mail, revocationLists, gateways }: Pick<PlatformState, 'mail' | 'revocationLists' | 'gateways'>,
  findings: PlatformFindings,
  toText: (at: number | null) => string | null,
): PlatformAction[] {
  const { approvals, confirmations, tasks, lostRevocations, expiring, silentSince } = findings
  const { lateBackup, lateDrill, isHeld, serverCertificates } = findings
  const late = revocationLists.filter((list) => list.late).map(({ nextUpdate }) => nextUpdate)
  const isMissing = gateways.running === 0 && gateways.notReporting === 0
  const isBehind = gateways.unconfirmedChanges > manyChanges
  const actions: PlatformAction[] = [
    { kind: 'gateway_missing', count: Number(isMissing), since: null },
    { kind: 'gateway_not_reporting', count: gateways.notReporting, since: toText(silentSince) },
    { kind: 'gateway_behind', count: Number(isBehind), since: null },
    {
      kind: 'server_certificate_expiring',
      count: serverCertificates.count,
      since: toText(serverCertificates.since),
    },
    { kind: 'revocation_list_late', count: late.length, since: null },
    { kind: 'restore_held', count: Number(isHeld), since: null },
    { kind: 'revocation_lost', count: lostRevocations.count, since: toText(lostRevocations.since) },
    { kind: 'backup_late', count: lateBackup.count, since: toText(lateBackup.since) },
    { kind: 'certificate_authority_expiring', count: expiring.count, since: null },
    { kind: 'email_failing', count: mail.failing, since: mail.oldestWaitingAt },
    { kind: 'task_given_up', count: tasks.count, since: toText(tasks.since) },
    { kind: 'drill_late', count: lateDrill.count, since: toText(lateDrill.since) },
    { kind: 'confirmation_waiting', count: confirmations.count, since: toText(confirmations.since) },
    { kind: 'approval_waiting', count: approvals.count, since: toText(approvals.since) },
  ]
  return actions.filter(({ count }) => count > 0)
}
