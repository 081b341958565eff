import { infiniteQueryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { ApiKeyView, NewApiKey, NewOwnApiKey } from '../../../../../src/contract/api-key.ts'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Whose keys are shown: the slug of an organization, or null for the signed-in user. */
export type KeyOwner = string | null

const keyOf = (owner: KeyOwner) => ['api-keys', owner]

/** Queries the API keys of an organization or of the user, latest first, page by page. */
export const apiKeysQuery = (owner: KeyOwner) =>
  infiniteQueryOptions({
    queryKey: keyOf(owner),
    queryFn: ({ pageParam, signal }) => {
      const query = pageParam === null ? {} : { cursor: pageParam }
      return owner === null
        ? call(operations.listOwnApiKeys, { query, signal })
        : call(operations.listApiKeys, { params: { organization: owner }, query, signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  })

/** What a user enters about a new key; `organization` is for an own key. */
export type KeyBody = Pick<
  NewOwnApiKey,
  'name' | 'role' | 'scopes' | 'networks' | 'expiresInDays' | 'organization'
>

/** Creates an API key. Only this response has the secret. */
export function useCreateApiKey(owner: KeyOwner) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ organization, ...body }: KeyBody) =>
      owner === null
        ? call(operations.createOwnApiKey, { body: { ...body, organization }, about: body.name })
        : call(operations.createApiKey, {
            params: { organization: owner },
            body: { ...body, role: body.role as NewApiKey['role'] },
            about: body.name,
          }),
    gcTime: 0,
    onSuccess: () => queries.invalidateQueries({ queryKey: keyOf(owner) }),
  })
}

/** Gives an API key a new secret, which only this response has. */
export function useRotateApiKey(owner: KeyOwner, { id: apiKeyId, name: about }: ApiKeyView) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Sent<typeof operations.rotateApiKey>['body']) =>
      owner === null
        ? call(operations.rotateOwnApiKey, { params: { apiKeyId }, body, about })
        : call(operations.rotateApiKey, { params: { organization: owner, apiKeyId }, body, about }),
    gcTime: 0,
    onSuccess: () => queries.invalidateQueries({ queryKey: keyOf(owner) }),
  })
}

/** Deletes an API key; it stops working within a second. */
export function useDeleteApiKey(owner: KeyOwner, apiKeyId: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () =>
      owner === null
        ? call(operations.deleteOwnApiKey, { params: { apiKeyId } })
        : call(operations.deleteApiKey, { params: { organization: owner, apiKeyId } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: keyOf(owner) }),
  })
}
