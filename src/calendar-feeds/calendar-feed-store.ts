import { recordAudit } from '../audit/record-audit.ts'
import { type CalendarFeedView, maxCalendarFeeds } from '../contract/calendar-feed.ts'
import { PosternError } from '../errors.ts'
import type { Act } from '../shapes/act.ts'
import { toText } from '../shapes/moment.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import { quiet } from '../storage/transact.ts'
import { hashCalendarToken, isCalendarToken, isSameHash } from './calendar-token.ts'

const hour = 3_600_000
const paging = createPaging('calendar feeds', [cursorParts.name])

/** A feed whose address was read. */
export interface ReadFeed {
  environment: string
  organization: { id: string; slug: string; legalName: string }
}

/** Creates the store of calendar feeds. It has the hashes of their secrets alone. */
export function createCalendarFeedStore({ queries, transaction }: Database) {
  return {
    /**
     * Creates a feed of a member; returns its ID. Throws `calendar_feed_limit_reached`, and `forbidden` for a user who
     * is no member.
     */
    insert(
      organizationId: string,
      { environment, userId, token }: { environment: string; userId: string; token: string },
      { actor, now }: Act,
    ): Promise<string> {
      const id = newId('calendarFeed', now)
      return transaction(async (tx) => {
        const member = await findMember(tx, organizationId, userId)
        await assertRoom(tx, organizationId)
        await tx
          .insertInto('calendar_feeds')
          .values({
            ...{ id, organization_id: organizationId, environment, member_id: member.id },
            ...{ token_sha256: hashCalendarToken(token), created_at: now, last_read_at: null },
          })
          .execute()
        const subject = { organizationId, subjectKind: 'calendar-feed', subjectId: id }
        await recordAudit(
          tx,
          { ...subject, actor, action: 'calendar_feed.created', after: { environment } },
          now,
        )
        return id
      })
    },

    /** Lists the feeds of present members, newest first. */
    async list(
      organizationId: string,
      { cursor, limit }: { cursor?: string | undefined; limit: number },
    ): Promise<Page<CalendarFeedView>> {
      const from = paging.findPosition(cursor)
      let query = selectFeeds(queries, organizationId)
        .orderBy('calendar_feeds.id', 'desc')
        .limit(limit + 1)
      if (from !== undefined) query = query.where('calendar_feeds.id', '<', from[0])
      return paging.toPage(await query.execute(), limit, (row) => [row.id], toView)
    },

    /** Throws `not_found`. */
    async get(organizationId: string, id: string): Promise<CalendarFeedView> {
      return toView(await getRow(queries, organizationId, id))
    },

    /** Throws `not_found`. */
    async delete(organizationId: string, id: string, { actor, now }: Act): Promise<void> {
      await transaction(async (tx) => {
        const { environment } = await getRow(tx, organizationId, id)
        await tx.deleteFrom('calendar_feeds').where('id', '=', id).execute()
        const subject = { organizationId, subjectKind: 'calendar-feed', subjectId: id }
        await recordAudit(
          tx,
          { ...subject, actor, action: 'calendar_feed.deleted', before: { environment } },
          now,
        )
      })
    },

    /**
     * Finds the feed with this secret while its member belongs to the organization and can sign in, and the organization
     * is active. Notes once in an hour that it was read.
     */
    async findByToken(token: string, now: number): Promise<ReadFeed | undefined> {
      if (!isCalendarToken(token)) return undefined
      const hash = hashCalendarToken(token)
      const row = await queries
        .selectFrom('calendar_feeds')
        .innerJoin('members', 'members.id', 'calendar_feeds.member_id')
        .innerJoin('users', 'users.id', 'members.user_id')
        .innerJoin('organizations', 'organizations.id', 'calendar_feeds.organization_id')
        .select(['calendar_feeds.id', 'calendar_feeds.environment', 'token_sha256', 'last_read_at'])
        .select(['organizations.id as organizationId', 'slug', 'legal_name'])
        .where('token_sha256', '=', hash)
        .where('organizations.status', '=', 'active')
        .where('users.deactivated_at', 'is', null)
        .executeTakeFirst()
      if (row === undefined || !isSameHash(row.token_sha256, hash)) return undefined
      if (row.last_read_at === null || row.last_read_at < now - hour)
        await transaction(
          (tx) =>
            tx.updateTable('calendar_feeds').set({ last_read_at: now }).where('id', '=', row.id).execute(),
          quiet,
        )
      const { organizationId: id, slug, legal_name: legalName } = row
      return { environment: row.environment, organization: { id, slug, legalName } }
    },
  }
}

export type CalendarFeedStore = ReturnType<typeof createCalendarFeedStore>

const selectFeeds = (queries: Queries, organizationId: string) =>
  queries
    .selectFrom('calendar_feeds')
    .innerJoin('members', 'members.id', 'calendar_feeds.member_id')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select(['calendar_feeds.id', 'calendar_feeds.environment', 'calendar_feeds.created_at'])
    .select(['calendar_feeds.last_read_at', 'users.email'])
    .where('calendar_feeds.organization_id', '=', organizationId)

type Row = Awaited<ReturnType<ReturnType<typeof selectFeeds>['executeTakeFirstOrThrow']>>

async function getRow(queries: Queries, organizationId: string, id: string): Promise<Row> {
  const row = await selectFeeds(queries, organizationId)
    .where('calendar_feeds.id', '=', id)
    .executeTakeFirst()
  if (row === undefined) throw new PosternError('not_found', 'There is no such calendar feed here.')
  return row
}

async function findMember(tx: Tx, organizationId: string, userId: string): Promise<{ id: string }> {
  const member = await tx
    .selectFrom('members')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  if (member === undefined)
    throw new PosternError('forbidden', 'Only members of the organization can have a calendar feed of it.')
  return member
}

async function assertRoom(tx: Tx, organizationId: string): Promise<void> {
  const rows = await selectFeeds(tx, organizationId).limit(maxCalendarFeeds).execute()
  if (rows.length >= maxCalendarFeeds)
    throw new PosternError(
      'calendar_feed_limit_reached',
      `The organization has ${maxCalendarFeeds} calendar feeds, and more are not allowed. Delete one that no calendar reads, then try again.`,
    )
}

const toView = (row: Row): CalendarFeedView => ({
  id: row.id,
  environment: row.environment,
  createdBy: row.email,
  createdAt: toText(row.created_at),
  lastReadAt: toText(row.last_read_at),
})
