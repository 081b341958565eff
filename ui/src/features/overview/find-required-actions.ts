import type { ActivityView } from '../../../../src/contract/activity.ts'
import type { CertificateSummary } from '../../../../src/contract/certificate.ts'
import { daysLeft, daysLeftText } from '../../lib/days-left.ts'

/** Something that needs action. */
export interface RequiredAction {
  id: string
  tone: 'bad' | 'warn' | 'info'
  title: string
  detail: string
  leadsTo: { page: 'certificate' | 'draft'; certificateId: string } | { page: 'refusals' }
}

const hourMs = 3_600_000

/** Returns what needs action in an organization at `now`, the most urgent first. */
export function findRequiredActions(
  { certificates, refusals: denials }: { certificates: CertificateSummary[]; refusals: ActivityView[] },
  now: Date,
): RequiredAction[] {
  const order = { bad: 0, warn: 1, info: 2 }
  return [...findDenials(denials, now), ...certificates.flatMap((each) => needOf(each, now))].sort(
    (a, b) => order[a.tone] - order[b.tone],
  )
}

function findDenials(denials: ActivityView[], now: Date): RequiredAction[] {
  const recent = denials.filter(({ at }) => now.getTime() - new Date(at).getTime() < hourMs)
  if (recent.length === 0) return []
  const calls = recent.length === 1 ? 'One attempt was' : `${recent.length} attempts were`
  return [
    {
      id: 'refusals',
      tone: 'bad',
      title: `${calls} refused in the last hour`,
      detail: 'See the cause and what to do about it.',
      leadsTo: { page: 'refusals' },
    },
  ]
}

function needOf(
  { id, name, status, notAfter, description }: CertificateSummary,
  now: Date,
): RequiredAction[] {
  if (status === 'draft')
    return [
      {
        id,
        tone: 'info',
        title: `${name} waits for its signing request`,
        detail: 'Run the command, then submit the .csr file.',
        leadsTo: { page: 'draft', certificateId: id },
      },
    ]
  if (status === 'pending')
    return [
      {
        id,
        tone: 'info',
        title: `${name} is pending`,
        detail: 'It is with the provider; an e-mail says when it is ready.',
        leadsTo: { page: 'certificate', certificateId: id },
      },
    ]
  if (status !== 'issued' || notAfter === null) return []
  const { days, urgency } = daysLeft(new Date(notAfter), now)
  if (urgency === 'calm') return []
  return [
    {
      id,
      tone: urgency === 'soon' ? 'warn' : 'bad',
      title: `${name}: ${daysLeftText(days)}`,
      detail: `${description && `${description}. `}Rotate it before its calls fail.`,
      leadsTo: { page: 'certificate', certificateId: id },
    },
  ]
}
