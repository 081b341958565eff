import type { Clock } from '../clock.ts'
import type { Membership, SessionView } from '../contract/session.ts'
import { ownAddressOf } from '../http/client-address.ts'
import { CookieReply, type Handlers, type Session } from '../http/handler.ts'
import type { Actor } from '../shapes/actor.ts'
import { notActive } from '../shapes/organization.ts'
import type { AccountRecord } from './account-record-store.ts'
import type { DeviceCookie } from './device-cookie.ts'
import type { Factors } from './factors/factors-store.ts'
import type { SignInGuard } from './guard-sign-in.ts'
import type { Identity, SignedIn, User } from './identity-store.ts'

/** What the view of a session needs. */
export interface SessionViewNeeds {
  organizations: {
    /** `signedInBy` is the organization whose provider began the session, if one did. */
    listMemberships(userId: string, signedInBy: string | null): Promise<Membership[]>
  }
  accounts: {
    /** Returns whether a user has never answered which time zone dates in emails have. */
    isAskedTimeZone(userId: string): Promise<boolean>
  }
  /** What the page calls an organization. */
  organizationWord: SessionView['organizationWord']
}

interface Dependencies extends SessionViewNeeds {
  identity: Identity
  devices: DeviceCookie
  guard: SignInGuard
  factors: Factors
  accountRecord: AccountRecord
  clock: Clock
  /** Called after a user has chosen a new password. */
  onPasswordChosen(email: string): void
}

type Ids =
  | 'signIn'
  | 'completeSignIn'
  | 'beginPasskeySignIn'
  | 'signInWithPasskey'
  | 'getSession'
  | 'signOut'
  | 'changePassword'

/** Returns the handlers for sign-in, session and password. */
export function sessionRoutes(dependencies: Dependencies): Pick<Handlers, Ids> {
  const { identity, devices, guard, factors, accountRecord, clock } = dependencies
  const assertAdmitted = (user: User) => assertHasWork(dependencies, user)
  const record = (action: string, actor: Actor) =>
    accountRecord.record(
      { actor, action, organizationId: null, subjectKind: 'person', subjectId: actor.id },
      clock.now(),
    )

  /** Records a sign-in and answers it. */
  const welcome = async (actor: Actor, headers: Headers, { person: user, cookies }: SignedIn) => {
    await record('person.signed_in', { ...actor, id: user.userId, name: user.email })
    return new CookieReply(
      [...cookies, devices.remember(headers, user.email)],
      await toSessionView(dependencies, user),
    )
  }

  return {
    async signIn({ actor, client, body, headers }) {
      const { email, password } = body
      const attempt = { email, device: devices.find(headers, email), address: ownAddressOf(client) }
      const signedIn = await guard.runCounted(attempt, (inTurn) =>
        identity.signIn(email, password, headers, { address: client.address, assertAdmitted, inTurn }),
      )
      return welcome(actor, headers, signedIn)
    },
    async completeSignIn({ actor, client, body, headers }) {
      const { userId, email } = identity.findPasswordStep(headers)
      const attempt = { email, device: devices.find(headers, email), address: ownAddressOf(client) }
      const more = { address: client.address, assertAdmitted }
      const signedIn = await guard.run(attempt, async () =>
        identity.completeSignIn(
          headers,
          body.factor,
          await factors.checkSecondStep(userId, body, headers),
          more,
        ),
      )
      return welcome(actor, headers, signedIn)
    },
    async beginPasskeySignIn({ body, headers }) {
      const { options, cookie } = await factors.beginAssertion(
        body.purpose === 'sign_in'
          ? { kind: 'sign_in', userId: null }
          : { kind: 'second_factor', userId: identity.findPasswordStep(headers).userId },
      )
      return new CookieReply([cookie], options)
    },
    // A signature cannot be guessed, so that nothing is slowed down beyond the limit of requests.
    async signInWithPasskey({ actor, client, body, headers }) {
      const { userId, accept } = await factors.checkSignIn(body.response, headers)
      const more = { address: client.address, assertAdmitted }
      return welcome(actor, headers, await identity.signInByPasskey(headers, userId, accept, more))
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
  const statuses = new Set((await organizations.listMemberships(userId, null)).map(({ status }) => status))
  if (statuses.size > 0 && !statuses.has('active'))
    throw notActive(statuses.has('suspended') ? 'suspended' : 'closed')
}

/** Returns the session of a user as answers show it. */
export async function toSessionView(
  { organizations, accounts, organizationWord }: SessionViewNeeds,
  user: User | Session,
): Promise<SessionView> {
  return {
    email: user.email,
    name: user.name,
    operatorRole: user.operatorRole,
    mustChangePassword: user.mustChangePassword,
    hasSecondFactor: user.secondFactor !== null,
    isByProvider: user.signedInBy !== null,
    isAskedTimeZone: await accounts.isAskedTimeZone(user.userId),
    organizations: user.mustChangePassword
      ? []
      : await organizations.listMemberships(user.userId, user.signedInBy),
    organizationWord,
  }
}
