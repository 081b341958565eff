import type { RequiredAction as Found } from '../../../../src/contract/required-action.ts'
import { countText } from '../../lib/count-text.ts'
import { daysLeft, daysLeftText } from '../../lib/days-left.ts'
import { getDay } from '../../lib/relative-time.ts'

/** Something that needs action, as the page shows it. */
export interface RequiredAction {
  id: string
  tone: 'bad' | 'warn' | 'info'
  title: string
  detail: string
  leadsTo: { page: 'certificate' | 'draft' | 'rotation'; certificateId: string } | { page: 'denials' }
}

type Rotation = Extract<Found, { replacement: object | null }>
type Replacement = NonNullable<Rotation['replacement']>

const order = { bad: 0, warn: 1, info: 2 }

/** Returns the titles, texts and links of what needs action at `now`, the most urgent first. */
export const describeRequiredActions = (found: readonly Found[], now: Date): RequiredAction[] =>
  found.map((each) => describe(each, now)).toSorted((a, b) => order[a.tone] - order[b.tone])

function describe(found: Found, now: Date): RequiredAction {
  switch (found.kind) {
    case 'requests_denied':
      return {
        id: found.kind,
        tone: 'bad',
        title: `${countText(found.count, 'request was', 'requests were')} denied in the last hour`,
        detail: `See the causes and what to do.${unprovenText(found)}`,
        leadsTo: { page: 'denials' },
      }
    case 'contact_undeliverable':
      return {
        id: `${found.kind} ${found.email}`,
        tone: 'bad',
        title: `Emails do not reach ${found.email}`,
        detail: `It is a contact of ${found.certificate.name}${found.count > 1 ? ` and ${countText(found.count - 1, 'other certificate', 'other certificates')}` : ''}. Name another contact: nobody else may read when it expires.`,
        leadsTo: { page: 'certificate', certificateId: found.certificate.id },
      }
    case 'certificate_draft':
      return {
        id: found.certificate.id,
        tone: 'info',
        title: `${found.certificate.name}: waiting for a CSR`,
        detail: 'Create the key and submit the CSR.',
        leadsTo: { page: 'draft', certificateId: found.certificate.id },
      }
    case 'certificate_pending':
      return {
        id: found.certificate.id,
        tone: 'info',
        title: `${found.certificate.name} is pending`,
        detail: 'The provider has the request. An email tells you when the certificate is ready.',
        leadsTo: { page: 'certificate', certificateId: found.certificate.id },
      }
    case 'rotation_to_retire':
      return {
        id: found.certificate.id,
        ...describeToRetire(found, now),
        leadsTo: { page: 'rotation', certificateId: found.certificate.id },
      }
    case 'rotation_unfinished':
      return describeUnfinished(found.certificate, found.replacement)
    default:
      return describeEnding(found, now)
  }
}

type ToRetire = Extract<Found, { kind: 'rotation_to_retire' }>

function describeToRetire(
  { certificate: { name }, overlapEndsAt }: ToRetire,
  now: Date,
): Pick<RequiredAction, 'tone' | 'title' | 'detail'> {
  const title = `Retire ${name} once nothing uses it`
  if (overlapEndsAt === null)
    return {
      ...{ tone: 'info', title },
      detail: 'Its replacement is accepted. See what still uses the old certificate.',
    }
  const end = new Date(overlapEndsAt)
  if (end > now)
    return {
      ...{ tone: 'info', title },
      detail: `Its replacement is accepted. From ${getDay(end)} on, Postern retires it as soon as nothing uses it.`,
    }
  return {
    tone: 'warn',
    title: `${name} is not retired after its overlap`,
    detail: `Your provider allowed both certificates until ${getDay(end)}. See what keeps the old one.`,
  }
}

function describeEnding({ certificate, replacement }: Rotation, now: Date): RequiredAction {
  const { days, urgency } = daysLeft(new Date(certificate.notAfter ?? 0), now)
  const isDenied = replacement !== null && replacement.deniedCount > 0
  const about = certificate.description && `${certificate.description}. `
  return {
    id: certificate.id,
    tone: urgency === 'soon' && !isDenied ? 'warn' : 'bad',
    title: `${certificate.name}: ${daysLeftText(days)}`,
    ...(replacement === null
      ? {
          detail: `${about}${certificate.status === 'expired' ? 'Its requests are denied. Rotate it.' : 'Rotate it before its requests are denied.'}`,
          leadsTo: { page: 'certificate', certificateId: certificate.id },
        }
      : { detail: `${about}${continueText(replacement)}`, leadsTo: toReplacement(replacement) }),
  }
}

const describeUnfinished = ({ name }: Rotation['certificate'], replacement: Replacement): RequiredAction => ({
  id: replacement.id,
  tone: replacement.deniedCount > 0 ? 'bad' : 'warn',
  title: `The rotation of ${name} is not finished`,
  detail: continueText(replacement),
  leadsTo: toReplacement(replacement),
})

/** Says how far the replacement is; no gateway has accepted it yet. */
function continueText({ name, status, deniedCount }: Replacement): string {
  if (status === 'draft') return `Continue ${name}: it is waiting for a CSR.`
  if (status === 'pending') return `Continue ${name}: it is with the provider.`
  if (deniedCount === 0) return `Continue ${name}: install it. No request with it has been accepted yet.`
  return `Continue ${name}: its requests are denied, ${countText(deniedCount, 'time', 'times')} in 24 hours.`
}

const toReplacement = ({ id, status }: Replacement): RequiredAction['leadsTo'] => ({
  page: status === 'draft' ? 'draft' : status === 'issued' ? 'rotation' : 'certificate',
  certificateId: id,
})

const unprovenText = ({ unprovenCount }: { unprovenCount: number }) =>
  unprovenCount === 0 ? '' : ` ${unprovenCount.toLocaleString('en')} of them only named your organization.`
