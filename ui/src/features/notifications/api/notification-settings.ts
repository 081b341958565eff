import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

/** Queries what an organization has chosen for its emails, and who has unsubscribed. */
export const notificationSettingsQuery = (organization: string) =>
  queryOptions({
    queryKey: ['notifications', organization, 'settings'],
    queryFn: ({ signal }) => call(operations.getNotificationSettings, { params: { organization }, signal }),
  })

function useChange<Input, Result>(organization: string, send: (input: Input) => Promise<Result>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: send,
    onSettled: () => queries.invalidateQueries({ queryKey: ['notifications', organization] }),
  })
}

/** Replaces the settings, if nobody has since `edited` was read. */
export const useSetNotificationSettings = (organization: string, edited: object) =>
  useChange(organization, (body: Sent<typeof operations.setNotificationSettings>['body']) =>
    call(operations.setNotificationSettings, { params: { organization }, body, edited }),
  )

/** Unsubscribes the signed-in user from the emails of the organization, or takes that back. */
export const useSetOwnSubscription = (organization: string) =>
  useChange(organization, (isUnsubscribed: boolean) =>
    call(operations.setOwnSubscription, { params: { organization }, body: { isUnsubscribed } }),
  )
