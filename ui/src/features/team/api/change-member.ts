import { useMutation, useQueryClient } from '@tanstack/react-query'
import { operations } from '../../../../../src/contract/operations.ts'
import type { MemberRole } from '../../../../../src/contract/roles.ts'
import { call } from '../../../lib/call.ts'

type Params = { organization: string; memberId: string }

/** A member, and the name for when the user has to prove again who they are. */
type About = Params & { email: string }

/** Changes the role of a member. */
export function useChangeRole({ email, ...params }: About) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (role: MemberRole) => call(operations.updateMember, { params, body: { role }, about: email }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['members'] }),
  })
}

/** Removes a member; the invitations that the member sent are void. */
export function useRemoveMember({ email, ...params }: About) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: () => call(operations.removeMember, { params, about: email }),
    onSuccess: () =>
      Promise.all(['members', 'invitations'].map((name) => queries.invalidateQueries({ queryKey: [name] }))),
  })
}

/** Removes the second factors of a member who has lost them; operators alone may. */
export const useRemoveSecondFactors = (params: Params) =>
  useMutation({ mutationFn: () => call(operations.removeSecondFactors, { params }) })

/** Ends the own membership. */
export const useLeaveOrganization = (organization: string) =>
  useMutation({ mutationFn: () => call(operations.leaveOrganization, { params: { organization } }) })
