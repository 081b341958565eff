import type { Received } from '../contract/operation.ts'
import type { operations } from '../contract/operations.ts'
import type { OrganizationStatus, OrganizationUse, OrganizationView } from '../contract/organization.ts'
import { PosternError } from '../errors.ts'
import { endedBefore, toText } from '../shapes/moment.ts'
import type { Database, Queries } from '../storage/database.ts'
import { isOfOwners, listGoneOwners } from '../storage/gone-owners.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'

type ListQuery = Received<(typeof operations)['listOrganizations']>['query']

const paging = createPaging('organizations', [cursorParts.name])

/** Creates the store that reads organizations as their members and operators see them. */
export function createOrganizationListStore(database: Database) {
  const { aside } = database
  return {
    /** Lists organizations by slug, for operators. */
    async list(query: ListQuery): Promise<Page<OrganizationView>> {
      const rows = await selectPage(aside, query).execute()
      return paging.toPage(rows, toAsked(query), (row) => [row.slug], toView)
    },

    /** Lists what the organizations of a page have. */
    async listUse(query: ListQuery, now: number): Promise<Page<OrganizationUse>> {
      const { items, nextCursor } = paging.toPage(
        await selectPage(aside, query).execute(),
        toAsked(query),
        (row) => [row.slug],
        ({ id }) => id,
      )
      const uses = items.length === 0 ? [] : await selectUse(aside, items).execute()
      return { items: await Promise.all(uses.map((row) => toUse(aside, row, now))), nextCursor }
    },

    /** Returns an organization by its ID, or by its slug. Throws `not_found`. */
    async describe(name: string): Promise<OrganizationView> {
      const row = await aside
        .selectFrom('organizations')
        .selectAll()
        .where((e) => e.or([e('id', '=', name), e('slug', '=', name)]))
        .executeTakeFirst()
      if (row === undefined) throw new PosternError('not_found', 'There is no such organization.')
      return toView(row)
    },

    /** Returns what an organization has. */
    async getUse(id: string, now: number): Promise<OrganizationUse> {
      return toUse(aside, await selectUse(aside, [id]).executeTakeFirstOrThrow(), now)
    },
  }
}

export type OrganizationListStore = ReturnType<typeof createOrganizationListStore>

const toFilter = ({ text, status }: ListQuery) => ({
  ...(text !== undefined && { text }),
  ...(status !== undefined && { status }),
})
const toAsked = (query: ListQuery) => ({ limit: query.limit, filter: toFilter(query) })

/** Returns the query of one page, and one row more. */
function selectPage(queries: Queries, query: ListQuery) {
  const { text, status, cursor, limit } = query
  const from = paging.findPosition(cursor, toFilter(query))
  let rows = queries
    .selectFrom('organizations')
    .selectAll()
    .orderBy('slug')
    .limit(limit + 1)
  if (from !== undefined) rows = rows.where('slug', '>', from[0])
  if (status !== undefined) rows = rows.where('organizations.status', 'in', status)
  if (text === undefined) return rows
  return rows.where((e) =>
    e.or([e('slug', 'like', contains(text.toLowerCase())), e('legal_name', 'like', contains(text))]),
  )
}

const selectUse = (queries: Queries, ids: readonly string[]) =>
  queries
    .selectFrom('organizations')
    .select(['organizations.id', 'slug'])
    .select((e) => [
      e
        .selectFrom('certificate_counts')
        .select((c) => c.fn.sum<number>('count').as('n'))
        .whereRef('organization_id', '=', 'organizations.id')
        .as('certificates'),
      e
        .selectFrom('credentials')
        .select((c) => c.fn.countAll<number>().as('n'))
        .whereRef('organization_id', '=', 'organizations.id')
        .where('deleted_at', 'is', null)
        .as('credentials'),
      e
        .selectFrom('members')
        .select((c) => c.fn.countAll<number>().as('n'))
        .whereRef('organization_id', '=', 'organizations.id')
        .as('members'),
    ])
    .where('organizations.id', 'in', ids)
    .orderBy('slug')

const contains = (text: string) => `%${text.replaceAll(/[%_]/g, '')}%`

const toView = (row: {
  slug: string
  legal_name: string
  country: string
  state: string
  status: OrganizationStatus
  status_reason: string | null
  status_changed_at: number | null
  created_at: number
}): OrganizationView => ({
  slug: row.slug,
  legalName: row.legal_name,
  country: row.country,
  state: row.state,
  status: row.status,
  statusReason: row.status_reason,
  statusChangedAt: toText(row.status_changed_at),
  createdAt: toText(row.created_at),
})

async function toUse(
  queries: Queries,
  row: {
    id: string
    slug: string
    certificates: number | null
    credentials: number | null
    members: number | null
  },
  now: number,
): Promise<OrganizationUse> {
  return {
    slug: row.slug,
    certificateCount: Number(row.certificates),
    credentialCount: Number(row.credentials),
    memberCount: Number(row.members),
    ownerGoneCount: await countOwnerGone(queries, row.id, now),
  }
}

/** Counts the certificates that somebody has to take care of, and whose responsible user is gone. */
async function countOwnerGone(queries: Queries, organizationId: string, now: number): Promise<number> {
  const owners = await listGoneOwners(queries, organizationId)
  if (owners.length === 0) return 0
  const { count } = await queries
    .selectFrom('certificates')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('organization_id', '=', organizationId)
    .where(isOfOwners(queries, owners))
    .where((e) =>
      e.or([
        e('certificates.status', 'in', ['draft', 'pending']),
        e.and([e('certificates.status', '=', 'issued'), e('not_after', '>', endedBefore(now))]),
      ]),
    )
    .executeTakeFirstOrThrow()
  return Number(count)
}
