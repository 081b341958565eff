import { formatCount } from '../contract/format-count.ts'
import type { SignalView } from '../contract/signal.ts'
import { type Email, writeBody } from '../shapes/email.ts'
import { toDay } from '../shapes/moment.ts'

/** How many signals an email describes. */
const maxDescribed = 25

/** Who gets an email about signals, and why. */
export interface SignalRecipient {
  email: string
  role: string
  /** Whether the address has unsubscribed, and would get only what nobody else gets. */
  isUnsubscribed?: boolean
}

/** What all emails of an organization have in common. */
export interface SignalPlace {
  organizationId: string
  slug: string
  portalUrl: string
  /** Display name of an environment. */
  label(environment: string): string
  now: number
}

const reasons: Readonly<Record<string, string>> = {
  contact: 'You get this email because you are a contact of a certificate named here.',
  submitter: 'You get this email because you submitted or registered a certificate named here.',
  creator: 'You get this email because you created API credentials named here.',
  team: 'You get this email because this is the team address of the organization.',
  admin: 'You get this email because you are an admin of the organization.',
}
const otherwise = 'You get this email because you are a member of the organization.'

/** Composes the one email to a recipient about everything that is new. */
export function writeSignalEmail(
  place: SignalPlace,
  { email, role }: SignalRecipient,
  signals: readonly SignalView[],
): Email {
  const { organizationId, slug, portalUrl, now } = place
  const [first] = signals
  if (first === undefined) throw new Error('An email about signals needs one.')
  const isOne = signals.length === 1
  const more = signals.length - maxDescribed
  const lines = [
    ...signals
      .slice(0, maxDescribed)
      .flatMap((signal) => [
        `${describeSignal(signal, place)} ${describeRule(signal)}${adviseOn(signal)}`,
        ...(isOne ? [] : [linkTo(signal, place)]),
        '',
      ]),
    ...(more > 0 ? [`And ${more} more.`, ''] : []),
    'None of this is urgent, and you are told of it once. If something is as it should be, dismiss it in the portal under Signals.',
    '',
    reasons[role] ?? otherwise,
  ]
  return {
    key: `signals:${organizationId}:${now}:${first.id}:${email.toLowerCase()}`,
    organizationId,
    recipient: email,
    subject: isOne
      ? describeSignal(first, place).replace(/\.$/, '')
      : `${signals.length} things that may be forgotten (${slug})`,
    body: writeBody(
      lines,
      isOne ? linkTo(first, place) : `${portalUrl}/o/${slug}/${first.environment}/signals`,
    ),
    cause: 'operator',
    mayUnsubscribe: true,
  }
}

const linkTo = (signal: SignalView, { portalUrl, slug }: SignalPlace): string => {
  const base = `${portalUrl}/o/${slug}/${signal.environment}`
  return signal.kind === 'secret_old'
    ? `${base}/credentials`
    : `${base}/certificates/${signal.certificate.id}`
}

function describeSignal(signal: SignalView, { label }: SignalPlace): string {
  const where = `(${label(signal.environment)})`
  if (signal.kind === 'secret_old')
    return `The client secret of ${signal.credential.name} ${where} was created on ${dayOf(signal.secretCreatedAt)}.`
  const { name } = signal.certificate
  switch (signal.kind) {
    case 'certificate_unused':
      return signal.lastUsedAt === null
        ? `Certificate ${name} ${where} has never been used.`
        : `Certificate ${name} ${where} has not been used since ${dayOf(signal.lastUsedAt)}.`
    case 'replacement_unused':
      return `Certificate ${name} ${where} was issued on ${dayOf(signal.issuedAt)} to replace ${signal.replaces.name}, and has never been used.`
    case 'revoked_certificate_used':
      return `Calls with certificate ${name} ${where} go on, although it was revoked on ${dayOf(signal.revokedAt)}.`
    case 'new_address':
      return `Calls with certificate ${name} ${where} come from a new network: ${signal.network}.`
    case 'key_kind_ends':
      return `The key of certificate ${name} ${where} is of a kind that ${
        signal.acceptedUntil === null
          ? 'new certificates may not have any more'
          : `new certificates may have until ${signal.acceptedUntil} only`
      }.`
  }
}

const advice: Readonly<Record<SignalView['kind'], string>> = {
  certificate_unused: 'Revoke it if nothing needs it.',
  replacement_unused: 'Install it, or revoke it.',
  revoked_certificate_used: 'Find the client that sends them, and install a valid certificate there.',
  new_address: 'Revoke the certificate if you do not know who calls.',
  key_kind_ends: 'Rotate it, with a key of another kind.',
  secret_old: 'Rotate it.',
}

/** Says after how many days this is told, as the environment is configured; empty where days decide nothing. */
function describeRule(signal: SignalView): string {
  if (!('afterDays' in signal) || signal.afterDays === null) return ''
  const days = formatCount(signal.afterDays, 'day')
  switch (signal.kind) {
    case 'certificate_unused':
      return `You are told after ${days} without a call. `
    case 'replacement_unused':
      return `You are told ${days} after the issue. `
    case 'secret_old':
      return `You are told of secrets that are older than ${days}. `
  }
}

const adviseOn = ({ kind }: SignalView): string => advice[kind]

const dayOf = (moment: string): string => toDay(Date.parse(moment))
