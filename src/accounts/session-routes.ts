import type { Clock } from '../clock.ts'
import type { Membership, SessionView } from '../contract/session.ts'
import { ownAddressOf } from '../http/client-address.ts'
import { CookieReply, type Handlers, type Session } from '../http/handler.ts'
import type { Actor } from '../shapes/actor.ts'
import { notActive } from '../shapes/organization.ts'
import type { AccountRecord } from './account-record-store.ts'
import type { DeviceCookie } from './device-cookie.ts'
import type { SignInGuard } from './guard-sign-in.ts'
import type { Identity, User } from './identity-store.ts'

/** What the view of a session needs. */
export interface SessionViewNeeds {
  organizations: { listMemberships(userId: string): Promise<Membership[]> }
  /** What the page calls an organization. */
  organizationWord: SessionView['organizationWord']
}

interface Dependencies extends SessionViewNeeds {
  identity: Identity
  devices: DeviceCookie
  guard: SignInGuard
  accountRecord: AccountRecord
  clock: Clock
  /** Called after a user has chosen a new password. */
  onPasswordChosen(email: string): void
}

/** Returns the handlers for sign-in, session and password. */
export function sessionRoutes(
  dependencies: Dependencies,
): Pick<Handlers, 'signIn' | 'getSession' | 'signOut' | 'changePassword'> {
  const { identity, devices, guard, accountRecord, clock } = dependencies
  const record = (action: string, actor: Actor) =>
    accountRecord.record(
      { actor, action, organizationId: null, subjectKind: 'person', subjectId: actor.id },
      clock.now(),
    )

  return {
    async signIn({ actor, client, body, headers }) {
      const { email, password } = body
      const attempt = { email, device: devices.find(headers, email), address: ownAddressOf(client) }
      const { person: user, cookies } = await guard.runCounted(attempt, (inTurn) =>
        identity.signIn(email, password, headers, {
          address: client.address,
          inTurn,
          assertAdmitted: (user) => assertHasWork(dependencies, user),
        }),
      )
      await record('person.signed_in', { ...actor, id: user.userId, name: user.email })
      return new CookieReply(
        [...cookies, devices.remember(headers, user.email)],
        await toSessionView(dependencies, user),
      )
    },
    getSession: async ({ session }) => toSessionView(dependencies, session),
    async signOut({ actor, headers }) {
      const cookies = await identity.signOut(headers)
      await record('person.signed_out', actor)
      return new CookieReply(cookies, undefined)
    },
    async changePassword({ actor, session, client, body, headers }) {
      // A session counts as a known device: guessing from elsewhere does not slow it down.
      const attempt = { email: session.email, device: `session of ${session.userId}`, address: undefined }
      const cookies = await guard.run(attempt, () => identity.changePassword(headers, body, client.address))
      await record('person.password_changed', actor)
      dependencies.onPasswordChosen(session.email)
      return new CookieReply(
        cookies,
        await toSessionView(dependencies, { ...session, mustChangePassword: false }),
      )
    },
  }
}

/** Throws `organization_suspended` or `organization_closed` for a user whose organizations are all that. */
export async function assertHasWork(
  { organizations }: Pick<SessionViewNeeds, 'organizations'>,
  { userId, operatorRole }: Pick<User, 'userId' | 'operatorRole'>,
): Promise<void> {
  if (operatorRole !== null) return
  const statuses = new Set((await organizations.listMemberships(userId)).map(({ status }) => status))
  if (statuses.size > 0 && !statuses.has('active'))
    throw notActive(statuses.has('suspended') ? 'suspended' : 'closed')
}

/** Returns the session of a user as answers show it. */
export async function toSessionView(
  { organizations, organizationWord }: SessionViewNeeds,
  user: User | Session,
): Promise<SessionView> {
  return {
    email: user.email,
    name: user.name,
    operatorRole: user.operatorRole,
    mustChangePassword: user.mustChangePassword,
    organizations: user.mustChangePassword ? [] : await organizations.listMemberships(user.userId),
    organizationWord,
  }
}
