import { infiniteQueryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import type { PersonalRecord } from '../../../../../src/contract/privacy.ts'
import { call } from '../../../lib/call.ts'
import { saveFile } from '../../../lib/save-file.ts'

const pageSize = 200

/** Queries users, page by page; with an address the one who has it. */
export const usersQuery = (email: string) =>
  infiniteQueryOptions({
    queryKey: ['users', email],
    queryFn: ({ pageParam, signal }) =>
      call(operations.listUsers, {
        query: { ...(email === '' ? {} : { email }), ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })

/** Saves what is kept about the signed-in user, or about the user with the ID, as a file. */
export function useDownloadData() {
  return useMutation({
    async mutationFn(userId: string | undefined) {
      const records: PersonalRecord[] = []
      let cursor: string | null = null
      do {
        const query = { limit: pageSize, ...(cursor === null ? {} : { cursor }) }
        const page: { items: PersonalRecord[]; nextCursor: string | null } =
          userId === undefined
            ? await call(operations.exportOwnData, { query })
            : await call(operations.exportUserData, { params: { userId }, query })
        records.push(...page.items)
        cursor = page.nextCursor
      } while (cursor !== null)
      saveFile('personal-data.json', `${JSON.stringify(records, null, 2)}\n`)
    },
  })
}

/** Erases the account of the signed-in user. */
export function useEraseOwnAccount() {
  return useMutation({ mutationFn: () => call(operations.eraseOwnAccount, {}) })
}

/** Erases a user. */
export function useErasePerson() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (userId: string) => call(operations.erasePerson, { params: { userId } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['users'] }),
  })
}
