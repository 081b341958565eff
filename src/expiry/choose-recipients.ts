import type { Recipient, RecipientRole } from './recipient-roles.ts'

/** A certificate of which somebody is told. */
export interface ToldCertificate {
  id: string
  days: number
  contacts: readonly string[]
  /** The user who submitted or registered it; none for a key of the organization. */
  submitter: readonly string[]
  /** Addresses, in lower case, that an email about this step did not reach; none if there was none yet. */
  lost?: ReadonlySet<string>
}

/** Who can be told of the certificates of an organization; all sets have addresses in lower case. */
export interface People {
  members: readonly { email: string; role: string }[]
  team: string | undefined
  /** Of deactivated users. */
  gone: ReadonlySet<string>
  /** The mail server refused an email of the organization a short time ago. */
  refused: ReadonlySet<string>
  unsubscribed: ReadonlySet<string>
  /** Members, and others who have confirmed. */
  reachable: ReadonlySet<string>
}

/** From this many days on, the team address and the admins are told as well. */
const teamDays = 14
const adminDays = 7

/**
 * Returns who is told of a certificate. Those who have unsubscribed are left out if anybody else is reached, and addresses
 * that refuse emails if anybody is left.
 */
export function chooseRecipients(certificate: ToldCertificate, people: People): Recipient[] {
  const isThere = (email: string) => !people.gone.has(email)
  const isOpen = (email: string) => isThere(email) && !people.refused.has(email)
  const wanted = listAsked(certificate, people, (email) => isOpen(email) && !people.unsubscribed.has(email))
  if (wanted.some(({ email }) => people.reachable.has(email.toLowerCase()))) return wanted
  const open = listAsked(certificate, people, isOpen)
  // Rather in vain than nobody.
  return open.length > 0 ? open : listAsked(certificate, people, isThere)
}

/** Returns whether somebody is told of a certificate, and nobody else would be reached without this address. */
export function isLonely(certificate: ToldCertificate, people: People, address: string): boolean {
  const isOpen = (email: string) => !people.gone.has(email) && !people.refused.has(email)
  const isTold = listAsked(certificate, people, isOpen).some(({ email }) => email.toLowerCase() === address)
  if (!isTold) return false
  const others = listAsked(
    certificate,
    people,
    (email) => isOpen(email) && !people.unsubscribed.has(email) && email !== address,
  )
  return !others.some(({ email }) => people.reachable.has(email.toLowerCase()))
}

/** Those who are told of a certificate, of the addresses that are open. */
function listAsked(
  { days, contacts, submitter, lost = new Set() }: ToldCertificate,
  { members, team, reachable, unsubscribed }: People,
  isOpen: (email: string) => boolean,
): Recipient[] {
  const as =
    (role: RecipientRole) =>
    (email: string): Recipient => ({ email, role, isUnsubscribed: unsubscribed.has(email.toLowerCase()) })
  const isReached = (email: string) => isOpen(email.toLowerCase()) && !lost.has(email.toLowerCase())
  const open = members.filter(({ email }) => isOpen(email.toLowerCase()))
  const own = new Set(open.map(({ email }) => email.toLowerCase()))
  const asked: Recipient[] = [
    ...contacts.filter(isReached).map(as('contact')),
    ...submitter.filter((email) => own.has(email.toLowerCase()) && isReached(email)).map(as('submitter')),
  ]
  const isSure = (all: readonly Recipient[]) => all.some(({ email }) => reachable.has(email.toLowerCase()))
  const isTeamTold = team !== undefined && isReached(team) && (days <= teamDays || !isSure(asked))
  const named = isTeamTold ? [...asked, as('team')(team)] : asked
  const first = isSure(named) ? named : [...named, ...open.map(({ email }) => as('member')(email))]
  const admins = open.filter(({ role }) => role === 'admin').map(({ email }) => as('admin')(email))
  return uniqueByEmail([...first, ...(days <= adminDays ? admins : [])])
}

/** The first of an address stays: it says best why the person is told. */
const uniqueByEmail = (recipients: readonly Recipient[]): Recipient[] => [
  ...new Map(recipients.toReversed().map((each) => [each.email.toLowerCase(), each])).values(),
]
