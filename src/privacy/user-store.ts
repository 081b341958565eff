import type { UserView } from '../contract/privacy.ts'
import type { Database } from '../storage/database.ts'
import { createPaging, cursorParts, type Page } from '../storage/page.ts'

const paging = createPaging('users', [cursorParts.name])
const maxOrganizations = 20

/** Creates the store of users as operators find them; those who were erased are not among them. */
export function createUserStore({ queries }: Database) {
  const listOrganizations = async (userId: string): Promise<string[]> => {
    const rows = await queries
      .selectFrom('members')
      .innerJoin('organizations', 'organizations.id', 'members.organization_id')
      .select('slug')
      .where('user_id', '=', userId)
      .orderBy('slug')
      .limit(maxOrganizations)
      .execute()
    return rows.map(({ slug }) => slug)
  }
  return {
    /** Lists users in the order in which they were created, or the one with the address. */
    async list({
      cursor,
      limit,
      email,
    }: {
      cursor?: string | undefined
      limit: number
      email?: string | undefined
    }): Promise<Page<UserView>> {
      const filter = { email }
      const from = paging.findPosition(cursor, filter)
      let query = queries
        .selectFrom('users')
        .select(['id', 'email', 'name', 'operator_role', 'created_at'])
        .where('deactivated_at', 'is', null)
        .orderBy('id')
        .limit(limit + 1)
      if (from !== undefined) query = query.where('id', '>', from[0])
      if (email !== undefined) query = query.where('email', '=', email)
      const page = paging.toPage(
        await query.execute(),
        { limit, filter },
        ({ id }) => [id],
        (row) => row,
      )
      const items: UserView[] = []
      for (const { id, email, name, operator_role: operatorRole, created_at: createdAt } of page.items)
        items.push({ id, email, name, operatorRole, organizations: await listOrganizations(id), createdAt })
      return { ...page, items }
    },
  }
}

export type UserStore = ReturnType<typeof createUserStore>
