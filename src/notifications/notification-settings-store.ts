import { recordAudit } from '../audit/record-audit.ts'
import type {
  NotificationSettings,
  NotificationSettingsView,
  TeamAddressState,
} from '../contract/notification-settings.ts'
import type { Act } from '../shapes/act.ts'
import { type Email, writeBody } from '../shapes/email.ts'
import type { Organization } from '../shapes/organization.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { findReachableContacts } from './mail-contact-store.ts'
import { listUnsubscribed } from './subscription-store.ts'

interface Needs {
  database: Database
  portalUrl: string
  writeEmails(tx: Tx, emails: readonly Email[], now: number): Promise<void>
}

/** Creates the store of what organizations choose for the emails about them. */
export function createNotificationSettingsStore({ database, portalUrl, writeEmails }: Needs) {
  return {
    get: (organizationId: string): Promise<NotificationSettingsView> =>
      readView(database.queries, organizationId),

    /** Replaces the settings; a new team address is told, and asked to confirm if it is of no member. */
    set(
      { id: organizationId, slug, legalName }: Pick<Organization, 'id' | 'slug' | 'legalName'>,
      { teamAddress, timeZone }: NotificationSettings,
      { actor, now }: Act,
    ): Promise<NotificationSettingsView> {
      return database.transaction(async (tx) => {
        const before = await readSettings(tx, organizationId)
        const after = { teamAddress, timeZone }
        if (before.teamAddress === teamAddress && before.timeZone === timeZone)
          return readView(tx, organizationId)
        const columns = { team_address: teamAddress, time_zone: timeZone }
        await tx
          .insertInto('notification_settings')
          .values({ organization_id: organizationId, ...columns })
          .onConflict((conflict) => conflict.column('organization_id').doUpdateSet(columns))
          .execute()
        if (teamAddress !== null && teamAddress !== before.teamAddress) {
          const link = `${portalUrl}/o/${slug}`
          await writeEmails(tx, [writeTeamEmail({ organizationId, legalName, teamAddress, link }, now)], now)
        }
        const subject = { organizationId, subjectKind: 'organization', subjectId: organizationId }
        await recordAudit(
          tx,
          { ...subject, actor, action: 'notification_settings.updated', before, after },
          now,
        )
        return readView(tx, organizationId)
      })
    },
  }
}

export type NotificationSettingsStore = ReturnType<typeof createNotificationSettingsStore>

/** Returns the team address of an organization; undefined if it has none. */
export const findTeamAddress = async (
  queries: Queries,
  organizationId: string,
): Promise<string | undefined> => (await readSettings(queries, organizationId)).teamAddress ?? undefined

async function readSettings(queries: Queries, organizationId: string): Promise<NotificationSettings> {
  const row = await queries
    .selectFrom('notification_settings')
    .select(['team_address', 'time_zone'])
    .where('organization_id', '=', organizationId)
    .executeTakeFirst()
  return { teamAddress: row?.team_address ?? null, timeZone: row?.time_zone ?? null }
}

async function readView(queries: Queries, organizationId: string): Promise<NotificationSettingsView> {
  const settings = await readSettings(queries, organizationId)
  return {
    ...settings,
    teamAddressState:
      settings.teamAddress === null ? null : await readState(queries, organizationId, settings.teamAddress),
    unsubscribed: await listUnsubscribed(queries, organizationId),
  }
}

async function readState(
  queries: Queries,
  organizationId: string,
  address: string,
): Promise<TeamAddressState> {
  const reachable = await findReachableContacts(queries, organizationId, [address])
  if (!reachable.has(address)) return 'waiting'
  const member = await queries
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select('users.id')
    .where('organization_id', '=', organizationId)
    .where('email', '=', address)
    .executeTakeFirst()
  return member === undefined ? 'confirmed' : 'member'
}

const writeTeamEmail = (
  {
    organizationId,
    legalName,
    teamAddress,
    link,
  }: { organizationId: string; legalName: string; teamAddress: string; link: string },
  now: number,
): Email => ({
  key: `team-address:${organizationId}:${newId('outgoingEmail', now)}:${teamAddress}`,
  organizationId,
  recipient: teamAddress,
  subject: `Emails about the certificates of ${legalName}`,
  body: writeBody(
    [
      `An admin of ${legalName} named this address as the team address for notifications.`,
      'It gets emails about an expiring certificate if none of its contacts can be reached, and from 14 days before the end on.',
    ],
    link,
  ),
})
