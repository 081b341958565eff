import type { SessionView } from '../contract/session.ts'
import { CookieReply, type Handlers, type Session } from '../http/handler.ts'
import { type AcceptanceDependencies, acceptInvitation } from './accept-invitation.ts'
import type { InvitationStore } from './invitation-store.ts'

/** A user who was created, and the cookies of the session that began with it. */
interface SignedIn {
  person: Session
  cookies: string[]
}

interface Dependencies extends AcceptanceDependencies<SignedIn> {
  invitations: InvitationStore
  describeSession(user: Session): Promise<SessionView>
}

type Ids =
  | 'createInvitation'
  | 'listInvitations'
  | 'getInvitation'
  | 'cancelInvitation'
  | 'previewInvitation'
  | 'acceptInvitation'

/** Returns the handlers for invitations to an organization. */
export function invitationRoutes(dependencies: Dependencies): Pick<Handlers, Ids> {
  const { invitations, acceptances, clock, describeSession } = dependencies
  return {
    async createInvitation({ actor, organization, body }) {
      const id = await invitations.create(organization, body, { actor, now: clock.now() })
      return invitations.get(organization.id, id, clock.now())
    },
    listInvitations: ({ organization, query }) => invitations.list(organization.id, query, clock.now()),
    getInvitation: ({ organization, params }) =>
      invitations.get(organization.id, params.invitationId, clock.now()),
    async cancelInvitation({ actor, organization, params }) {
      await invitations.cancel(organization.id, params.invitationId, { actor, now: clock.now() })
      return undefined
    },
    async previewInvitation({ body }) {
      const { userId, ...preview } = await acceptances.find(body.token, clock.now())
      return { ...preview, hasAccount: userId !== undefined }
    },
    async acceptInvitation({ actor, session, body, headers }) {
      const created = await acceptInvitation(dependencies, body, { session, headers, origin: actor.origin })
      if (created !== undefined)
        return new CookieReply(created.cookies, await describeSession(created.person))
      return describeSession(session as Session)
    },
  }
}
