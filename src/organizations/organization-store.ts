import { recordAudit } from '../audit/record-audit.ts'
import type { OrganizationStatus, OrganizationView } from '../contract/organization.ts'
import type { MemberRole } from '../contract/roles.ts'
import type { Membership } from '../contract/session.ts'
import type { Act } from '../shapes/act.ts'
import { toText } from '../shapes/moment.ts'
import type { Organization } from '../shapes/organization.ts'
import type { Database, Queries } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'
import { prepareQuery } from '../storage/prepare-query.ts'

type NewOrganization = Omit<Organization, 'id' | 'status'>

const selectBySlug = prepareQuery((queries, values: { slug: string }) =>
  queries.selectFrom('organizations').selectAll().where('slug', '=', values.slug),
)

const selectRole = prepareQuery((queries, values: { organizationId: string; userId: string }) =>
  queries
    .selectFrom('members')
    .select('role')
    .where('organization_id', '=', values.organizationId)
    .where('user_id', '=', values.userId),
)

const paging = createPaging('organizations', [cursorParts.name])

/** Organizations with the numbers of their certificates and credentials. */
const selectCounted = (queries: Queries) =>
  queries
    .selectFrom('organizations')
    .selectAll()
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
    ])

type CountedRow = Awaited<ReturnType<ReturnType<typeof selectCounted>['executeTakeFirstOrThrow']>>

const toOrganizationView = (row: CountedRow): OrganizationView => ({
  slug: row.slug,
  legalName: row.legal_name,
  country: row.country,
  state: row.state,
  status: row.status,
  certificateCount: Number(row.certificates),
  credentialCount: Number(row.credentials),
  createdAt: toText(row.created_at),
})

/** Creates the store of organizations and their members. */
export function createOrganizationStore(database: Database) {
  const { queries, aside } = database
  return {
    async findBySlug(slug: string): Promise<Organization | undefined> {
      const [row] = await selectBySlug(queries, { slug })
      return row && toOrganization(row)
    },

    async findById(id: string): Promise<Organization | undefined> {
      const row = await queries
        .selectFrom('organizations')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst()
      return row && toOrganization(row)
    },

    async findRole(organizationId: string, userId: string): Promise<MemberRole | undefined> {
      const [row] = await selectRole(queries, { organizationId, userId })
      return row?.role
    },

    async listMemberships(userId: string): Promise<Membership[]> {
      const rows = await queries
        .selectFrom('members')
        .innerJoin('organizations', 'organizations.id', 'members.organization_id')
        .select(['slug', 'legal_name', 'country', 'state', 'role'])
        .where('user_id', '=', userId)
        .orderBy('slug')
        .execute()
      return rows.map(({ legal_name: legalName, role, ...row }) => ({
        ...row,
        legalName,
        role,
      }))
    },

    /** Lists all organizations with their counts, by slug; for operators. */
    async list({
      text,
      cursor,
      limit,
    }: {
      text?: string | undefined
      cursor?: string | undefined
      limit: number
    }): Promise<Page<OrganizationView>> {
      let query = selectCounted(aside)
        .orderBy('slug')
        .limit(limit + 1)
      const from = paging.findPosition(cursor)
      if (from !== undefined) query = query.where('slug', '>', from[0])
      if (text !== undefined)
        query = query.where((e) =>
          e.or([e('slug', 'like', contains(text.toLowerCase())), e('legal_name', 'like', contains(text))]),
        )
      return paging.toPage(await query.execute(), limit, (row) => [row.slug], toOrganizationView)
    },

    /** Returns an organization with its counts. */
    async describe(id: string): Promise<OrganizationView> {
      return toOrganizationView(await selectCounted(aside).where('id', '=', id).executeTakeFirstOrThrow())
    },

    async insert(organization: NewOrganization, { actor, now }: Act): Promise<string> {
      const id = newId('organization', now)
      const { slug, legalName, country, state } = organization
      await database.transaction(async (tx) => {
        await tx
          .insertInto('organizations')
          .values({ id, slug, legal_name: legalName, country, state, created_at: now })
          .execute()
        await recordAudit(
          tx,
          {
            actor,
            action: 'organization.created',
            organizationId: id,
            subjectKind: 'organization',
            subjectId: id,
            after: { ...organization },
          },
          now,
        )
      })
      return id
    },

    async insertMember(
      organizationId: string,
      userId: string,
      role: MemberRole,
      { actor, now }: Act,
    ): Promise<void> {
      await database.transaction(async (tx) => {
        await tx
          .insertInto('members')
          .values({
            id: newId('member', now),
            organization_id: organizationId,
            user_id: userId,
            role,
            created_at: now,
          })
          .execute()
        await recordAudit(
          tx,
          {
            actor,
            action: 'member.added',
            organizationId,
            subjectKind: 'person',
            subjectId: userId,
            after: { role },
          },
          now,
        )
      })
    },

    async isEmpty(): Promise<boolean> {
      return (
        (await queries.selectFrom('organizations').select('id').limit(1).executeTakeFirst()) === undefined
      )
    },
  }
}

export type OrganizationStore = ReturnType<typeof createOrganizationStore>

const contains = (text: string) => `%${text.replaceAll(/[%_]/g, '')}%`

const toOrganization = (row: {
  id: string
  slug: string
  legal_name: string
  country: string
  state: string
  status: OrganizationStatus
}): Organization => ({
  id: row.id,
  slug: row.slug,
  legalName: row.legal_name,
  country: row.country,
  state: row.state,
  status: row.status,
})
