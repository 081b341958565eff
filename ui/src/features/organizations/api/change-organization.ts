import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Sent } from '../../../../../src/contract/operation.ts'
import { operations } from '../../../../../src/contract/operations.ts'
import { call } from '../../../lib/call.ts'

type Body<Id extends keyof typeof operations> = Sent<(typeof operations)[Id]>['body']

/** Sends a change of organizations, and reads again what it may have changed. */
function useChange<Input, Result>(send: (input: Input) => Promise<Result>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: send,
    onSettled: () =>
      Promise.all(
        ['organization', 'organizations', 'session'].map((name) =>
          queries.invalidateQueries({ queryKey: [name] }),
        ),
      ),
  })
}

/** Creates an organization. */
export const useCreateOrganization = () =>
  useChange((body: Body<'createOrganization'>) => call(operations.createOrganization, { body }))

/** Changes facts of an organization, if nobody has since `edited` was read. */
export const useUpdateOrganization = (organization: string, edited: object) =>
  useChange((body: Body<'updateOrganization'>) =>
    call(operations.updateOrganization, { params: { organization }, body, edited }),
  )

/** Stops everything of an organization until it is reactivated. */
export const useSuspendOrganization = (organization: string) =>
  useChange((body: Body<'suspendOrganization'>) =>
    call(operations.suspendOrganization, { params: { organization }, body }),
  )

/** Ends the suspension of an organization. */
export const useReactivateOrganization = (organization: string) =>
  useChange((_: undefined) => call(operations.reactivateOrganization, { params: { organization } }))

/** Stops everything of an organization permanently. */
export const useCloseOrganization = (organization: string) =>
  useChange((body: Body<'closeOrganization'>) =>
    call(operations.closeOrganization, { params: { organization }, body }),
  )

/** Replaces the limits of an organization, if nobody has since `edited` was read. */
export const useSetLimits = (organization: string, edited: object) =>
  useChange((body: Body<'setOrganizationLimits'>) =>
    call(operations.setOrganizationLimits, { params: { organization }, body, edited }),
  )

/** Sets what the organization demands of the sign-in of its members. */
export const useSetSecurityPolicy = (organization: string) =>
  useChange((body: Body<'setSecurityPolicy'>) =>
    call(operations.setSecurityPolicy, { params: { organization }, body }),
  )
