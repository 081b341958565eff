import { infiniteQueryOptions } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import type {
  OrganizationStatus,
  OrganizationUse,
  OrganizationView,
} from '../../../../../src/contract/organization.ts'
import { call } from '../../../lib/call.ts'

/** An organization of a list, with what it has. */
export interface ListedOrganization extends OrganizationView {
  /** Undefined while the organization is newer than the numbers. */
  use: OrganizationUse | undefined
}

/** Queries organizations with their use for operators, page by page. */
export const organizationsQuery = (text = '', status?: OrganizationStatus) =>
  infiniteQueryOptions({
    queryKey: ['organizations', text, status],
    async queryFn({ pageParam, signal }) {
      const query = {
        text,
        ...(status !== undefined && { status: [status] }),
        ...(pageParam !== null && { cursor: pageParam }),
      }
      const [{ items, nextCursor }, use] = await Promise.all([
        call(operations.listOrganizations, { query, signal }),
        call(operations.listOrganizationUse, { query, signal }),
      ])
      const bySlug = new Map(use.items.map((one) => [one.slug, one]))
      const withUse = items.map((item): ListedOrganization => ({ ...item, use: bySlug.get(item.slug) }))
      return { items: withUse, nextCursor }
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })
