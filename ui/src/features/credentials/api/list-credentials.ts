import { infiniteQueryOptions } from '@tanstack/react-query'
import type { CredentialUse, CredentialView } from '../../../../../src/contract/credential.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** API credentials of a list with their last use. */
export type CredentialRow = CredentialView & Pick<CredentialUse, 'lastUsedAt'>

type Workspace = { organization: string; environment: string }

/** Queries the API credentials of an environment, latest first, page by page. */
export const credentialsQuery = ({ organization, environment }: Workspace) =>
  infiniteQueryOptions({
    queryKey: ['credentials', { organization, environment }],
    queryFn: async ({ pageParam, signal }) => {
      const params = { organization }
      const query = { environment, ...(pageParam === null ? {} : { cursor: pageParam }) }
      const [page, use] = await Promise.all([
        call(operations.listCredentials, { params, query, signal }),
        call(operations.listCredentialUse, { params, query, signal }),
      ])
      return { ...page, items: page.items.map((item) => toRow(item, use.items)) }
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })

const toRow = (credential: CredentialView, used: readonly CredentialUse[]): CredentialRow => ({
  ...credential,
  lastUsedAt: used.find(({ credentialId }) => credentialId === credential.id)?.lastUsedAt ?? null,
})
