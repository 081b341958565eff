import { sql } from 'kysely'
import type { Email } from '../shapes/email.ts'
import { hasMoments, localizeMoments } from '../shapes/localize-moments.ts'
import type { Tx } from '../storage/database.ts'

/**
 * Returns the subject and the text of an email with the moments in them in the time zone of its recipient: that of the
 * account, else the one that a contact chose, else that of the organization, else UTC.
 */
export async function localize(
  tx: Tx,
  email: Pick<Email, 'organizationId' | 'recipient' | 'subject' | 'body'>,
): Promise<Pick<Email, 'subject' | 'body'>> {
  const { subject, body } = email
  if (!hasMoments(subject) && !hasMoments(body)) return { subject, body }
  const zone = await findTimeZone(tx, email)
  if (zone === null) return { subject, body }
  return { subject: localizeMoments(subject, zone), body: localizeMoments(body, zone) }
}

async function findTimeZone(
  tx: Tx,
  { organizationId, recipient }: Pick<Email, 'organizationId' | 'recipient'>,
): Promise<string | null> {
  const address = recipient.toLowerCase()
  const user = tx
    .selectFrom('users')
    .select('time_zone')
    .where('email', '=', address)
    .where('deactivated_at', 'is', null)
  const contact = tx
    .selectFrom('mail_contacts')
    .select('time_zone')
    .where('organization_id', '=', organizationId)
    .where('address', '=', address)
    .where('confirmed_at', 'is not', null)
  const organization = tx
    .selectFrom('notification_settings')
    .select('time_zone')
    .where('organization_id', '=', organizationId)
  const { rows } = await sql<{ zone: string | null }>`
    select coalesce((${user}), (${contact}), (${organization})) as zone`.execute(tx)
  return rows[0]?.zone ?? null
}
