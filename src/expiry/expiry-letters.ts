import { formatCount } from '../contract/format-count.ts'
import { type Email, writeBody } from '../shapes/email.ts'
import { toMinute } from '../shapes/moment.ts'
import type { Callers } from './caller-store.ts'
import type { ExpiryKind } from './expiry-steps.ts'
import type { Recipient, RecipientRole } from './recipient-roles.ts'

const day = 86_400_000
const hour = 3_600_000
/** How many certificates a letter describes, and how many more it names. */
export const maxDescribed = 25
const maxNamed = 100

/** A certificate at a step of its plan. Times are milliseconds since 1970. */
export interface ExpiringCertificate {
  id: string
  name: string
  environment: string
  days: number
  notAfter: number
  lastUsedAt: number | null
  /** A replacement that no gateway has accepted yet. */
  replacement: { name: string; isIssued: boolean } | undefined
  callers: Callers | undefined
}

/** What all letters of an organization have in common. */
export interface LetterPlace {
  organizationId: string
  slug: string
  portalUrl: string
  /** Display name of an environment. */
  label(environment: string): string
  now: number
}

const reasons: Readonly<Record<RecipientRole, string>> = {
  team: 'You get this email because this is the team address of the organization.',
  contact: 'You get this email because you are a contact of the certificate.',
  submitter: 'You get this email because you submitted or registered the certificate.',
  member:
    'You get this email because you are a member of the organization, and no contact of the certificate can be reached.',
  admin: 'You get this email because you are an admin of the organization.',
}

const lastOne =
  'You have unsubscribed, but nobody else would get it. Name another contact, or a team address, and the emails to you stop.'

/** What an email is about, and why its recipient gets it. */
export interface ExpiryLetter {
  email: Email
  role: RecipientRole
  certificates: readonly ExpiringCertificate[]
}

/** Composes the one email to a recipient about all certificates of an organization that have reached a step. */
export function writeExpiryLetter(
  place: LetterPlace,
  { email, role, isUnsubscribed }: Recipient,
  certificates: readonly ExpiringCertificate[],
): ExpiryLetter {
  const { organizationId, slug, portalUrl, label, now } = place
  const sorted = certificates.toSorted((a, b) => a.notAfter - b.notAfter || (a.name < b.name ? -1 : 1))
  const [first] = sorted
  if (first === undefined) throw new Error('A letter about an expiry needs a certificate.')
  const base = `${portalUrl}/o/${slug}/${first.environment}`
  const isOne = sorted.length === 1
  const named = sorted.slice(maxDescribed, maxDescribed + maxNamed)
  const more = sorted.length - maxDescribed - named.length
  const lines = [
    ...sorted.slice(0, maxDescribed).flatMap((each) => describe(place, each, isOne)),
    ...named.map((each) => `- ${each.name} (${label(each.environment)}) ${endOf(each, now)}`),
    ...(more > 0 ? [`- and ${more} more`] : []),
    ...(named.length > 0 || more > 0 ? [''] : []),
    isOne
      ? 'Rotate it: create the replacement, install it, and call with it once. Both work until the old one expires. These emails stop when the gateway accepts the replacement.'
      : 'Rotate each: create the replacement, install it, and call with it once. Both work until the old one expires. These emails stop for a certificate when the gateway accepts its replacement.',
    '',
    isUnsubscribed ? `${reasons[role]} ${lastOne}` : reasons[role],
  ]
  return {
    email: {
      key: `certificate-expires:${organizationId}:${now}:${first.id}:${email.toLowerCase()}`,
      organizationId,
      recipient: email,
      subject: writeSubject(place, sorted),
      body: writeBody(
        lines,
        isOne ? `${base}/certificates/${first.id}` : `${base}/certificates?sort=expires`,
      ),
      cause: 'operator',
      isImportant: true,
      hasNextRecipients: true,
      mayUnsubscribe: true,
    },
    role,
    certificates: sorted,
  }
}

function writeSubject({ now, label, slug }: LetterPlace, sorted: readonly ExpiringCertificate[]): string {
  const [first] = sorted as [ExpiringCertificate]
  if (sorted.length === 1)
    return `Certificate ${first.name} ${endOf(first, now)} (${label(first.environment)})`
  return `${sorted.length} certificates need a replacement, ${first.name} ${endOf(first, now)} (${slug})`
}

/** Returns `expires in 14 days`, `expires in 5 hours`, `expired 7 days ago`. */
export function endOf({ notAfter }: { notAfter: number }, now: number): string {
  const left = notAfter - now
  if (left >= day) return `expires in ${formatCount(Math.floor(left / day), 'day')}`
  if (left >= hour) return `expires in ${formatCount(Math.floor(left / hour), 'hour')}`
  if (left > 0) return 'expires within the hour'
  const ago = Math.floor(-left / day)
  return ago === 0 ? 'has expired' : `expired ${formatCount(ago, 'day')} ago`
}

function describe(place: LetterPlace, certificate: ExpiringCertificate, isOne: boolean): string[] {
  const { slug, portalUrl, label, now } = place
  const { id, name, environment, notAfter, replacement } = certificate
  const link = `${portalUrl}/o/${slug}/${environment}/certificates/${id}`
  return [
    `Certificate ${name} (${label(environment)}) ${endOf(certificate, now)}: ${toMinute(notAfter)}.`,
    notAfter > now
      ? describeUse(certificate)
      : `The gateway denies every request with it. ${describeUse(certificate)}`,
    ...(replacement === undefined
      ? ['It has no replacement.']
      : [
          replacement.isIssued
            ? `Its replacement ${replacement.name} is ready, but no gateway has accepted it yet.`
            : `Its replacement ${replacement.name} is not issued yet.`,
        ]),
    ...(isOne ? [] : [link]),
    '',
  ]
}

function describeUse({ lastUsedAt, callers }: ExpiringCertificate): string {
  if (lastUsedAt === null) return 'No gateway has accepted a call with it so far.'
  const { addresses = [], credentials = [] } = callers ?? {}
  const from = addresses.length === 0 ? '' : `, from ${listOf(addresses)}`
  const by = credentials.length === 0 ? '' : `, with the API credentials ${listOf(credentials)}`
  return from === '' && by === ''
    ? `The last accepted call with it was on ${toMinute(lastUsedAt)}.`
    : `Still calls with it${from}${by}; the last accepted call was on ${toMinute(lastUsedAt)}.`
}

const listOf = (names: readonly string[]) =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`

/** Something that operators are told of. */
export interface OperatorNews {
  kind: ExpiryKind
  name: string
  days: number
  notAfter: number
  /** The organization and environment of a certificate. */
  owner: string | undefined
}

const nouns: Readonly<Record<ExpiryKind, string>> = {
  certificate: 'Certificate',
  root: 'Root CA',
  issuing_ca: 'Issuing CA',
  external_ca: 'External CA',
  outgoing_ca: 'CA for client certificates of webhooks',
  server_certificate: 'Server certificate',
  revocation_list: 'CRL',
  backup: 'Backup',
  drill: 'Practised restore',
  webhook_certificate: 'Client certificate of a webhook',
}

/** Composes the email to each operator about everything that has reached a step. */
export function writeOperatorLetters(
  { portalUrl, now }: { portalUrl: string; now: number },
  operators: readonly string[],
  news: readonly OperatorNews[],
): Email[] {
  const sorted = news.toSorted(
    (a, b) => Number(a.kind === 'certificate') - Number(b.kind === 'certificate') || a.notAfter - b.notAfter,
  )
  const named = sorted.slice(0, maxNamed)
  const [first] = sorted
  if (first === undefined) return []
  const lines = [
    'These need you, or the customers that they belong to:',
    '',
    ...named.map((each) => describeNews(each, now)),
    ...(sorted.length > named.length ? [`- and ${sorted.length - named.length} more`] : []),
    '',
    'Each customer was told of its own certificates. A certificate is named here from one day before its end, while no gateway has accepted a replacement.',
  ]
  const rest = sorted.length - 1
  const title = `${nouns[first.kind]} ${first.name} ${stateOf(first, now)}`
  return [...new Set(operators.map((email) => email.toLowerCase()))].map((recipient) => ({
    key: `operator-expiry:${now}:${first.kind}:${first.notAfter}:${recipient}`,
    organizationId: null,
    recipient,
    subject: rest === 0 ? title : `${title}, and ${rest} more`,
    body: writeBody(lines, `${portalUrl}/operate`),
    cause: 'operator',
  }))
}

function stateOf({ kind, notAfter }: OperatorNews, now: number): string {
  if (kind === 'revocation_list') return 'was not renewed in time'
  if (kind === 'outgoing_ca')
    return notAfter > now
      ? 'is replaced by a new CA soon, which endpoints have to trust then'
      : 'issues nothing more, and the next client certificate comes from a new CA, which endpoints have to trust then'
  if (kind === 'backup' || kind === 'drill') return `is late since ${toMinute(notAfter)}`
  return endOf({ notAfter }, now)
}

function describeNews(news: OperatorNews, now: number): string {
  const { kind, name, notAfter, owner } = news
  const of = owner === undefined ? '' : ` of ${owner}`
  return `- ${nouns[kind]} ${name}${of} ${stateOf(news, now)}: ${toMinute(notAfter)}`
}
