import type { Clock } from '../clock.ts'
import type { Handlers } from '../http/handler.ts'
import type { MemberStore } from './member-store.ts'

type Ids = 'listMembers' | 'getMember' | 'updateMember' | 'removeMember' | 'leaveOrganization'

/** Returns the handlers for the members of an organization. */
export function memberRoutes({
  members,
  clock,
}: {
  members: MemberStore
  clock: Clock
}): Pick<Handlers, Ids> {
  return {
    listMembers: ({ organization, query }) => members.list(organization.id, query),
    getMember: ({ organization, params }) => members.get(organization.id, params.memberId),
    async updateMember({ actor, organization, params, body }) {
      const key = { organizationId: organization.id, memberId: params.memberId }
      await members.changeRole(key, body.role, { actor, now: clock.now() })
      return members.get(organization.id, params.memberId)
    },
    async removeMember({ actor, organization, params }) {
      const key = { organizationId: organization.id, memberId: params.memberId }
      await members.remove(key, 'member.removed', { actor, now: clock.now() })
      return undefined
    },
    async leaveOrganization({ actor, session, organization }) {
      const key = { organizationId: organization.id, userId: session.userId }
      await members.remove(key, 'member.left', { actor, now: clock.now() })
      return undefined
    },
  }
}
