import type { Clock } from '../clock.ts'
import { ownAddressOf } from '../http/client-address.ts'
import { CookieReply, type Handlers } from '../http/handler.ts'
import { SecondFactorRequired } from '../shapes/second-factor-required.ts'
import type { AccountStore } from './account-store.ts'
import type { DeviceCookie } from './device-cookie.ts'
import type { ResetGuard } from './guard-reset.ts'
import type { SignInGuard } from './guard-sign-in.ts'
import type { Identity } from './identity-store.ts'
import type { OperatorStore } from './operator-store.ts'
import type { OwnSessionStore } from './own-session-store.ts'
import type { ResetStore } from './reset-store.ts'
import { assertHasWork, type SessionViewNeeds, toSessionView } from './session-routes.ts'

interface Dependencies extends SessionViewNeeds {
  accounts: AccountStore
  resets: ResetStore
  operators: OperatorStore
  ownSessions: OwnSessionStore
  identity: Identity
  devices: DeviceCookie
  guard: SignInGuard
  resetGuard: ResetGuard
  clock: Clock
  /** Called after a user has chosen a new password. */
  onPasswordChosen(email: string): void
}

/** Returns the handlers for the own account and sessions, for one-time links, and for operators. */
export function accountRoutes(
  dependencies: Dependencies,
): Pick<
  Handlers,
  | 'getAccount'
  | 'updateAccount'
  | 'answerTimeZone'
  | 'requestEmailChange'
  | 'confirmEmailChange'
  | 'inspectLink'
  | 'requestPasswordReset'
  | 'resetPassword'
  | 'listSessions'
  | 'endSession'
  | 'endOtherSessions'
  | 'listOperators'
  | 'removeOperator'
> {
  return { ...ownAccountRoutes(dependencies), ...linkRoutes(dependencies), ...operatorRoutes(dependencies) }
}

function ownAccountRoutes({ accounts, ownSessions, identity, clock }: Dependencies) {
  return {
    getAccount: ({ session }) => accounts.get(session.userId, clock.now()),
    updateAccount: ({ session, actor, body }) =>
      accounts.update(session.userId, body, { actor, now: clock.now() }),
    answerTimeZone: ({ session, actor, body }) =>
      accounts.answerTimeZone(session.userId, body.timeZone, { actor, now: clock.now() }),
    requestEmailChange: ({ session, actor, body }) =>
      accounts.requestEmailChange(session.userId, body.newEmail, { actor, now: clock.now() }),
    listSessions: ({ session, headers, query }) =>
      ownSessions.list(session, identity.identifySession(headers), query),
    async endSession({ session, actor, params }) {
      await ownSessions.endOne(session, params.sessionId, { actor, now: clock.now() })
      return undefined
    },
    async endOtherSessions({ session, actor, headers }) {
      const current = identity.identifySession(headers)
      if (current !== undefined) await ownSessions.endOthers(session, current, { actor, now: clock.now() })
      return undefined
    },
  } satisfies Partial<Handlers>
}

function linkRoutes(dependencies: Dependencies) {
  const { accounts, resets, identity, devices, guard, resetGuard, clock, onPasswordChosen } = dependencies
  return {
    inspectLink: ({ body }) => accounts.inspectLink(body.token, clock.now()),
    confirmEmailChange: ({ body, client }) =>
      accounts.confirmEmailChange(body.token, client.address, clock.now()),
    async requestPasswordReset({ body, client }) {
      const address = ownAddressOf(client)
      await resetGuard.admit({ email: body.email, address })
      await resets.request(body.email, { origin: client.address, address }, clock.now())
      return undefined
    },
    async resetPassword({ body, client, headers }) {
      const { email } = await accounts.inspectLink(body.token, clock.now())
      // Who holds the link guesses nothing: attempts from elsewhere do not slow it down.
      const attempt = { email, device: 'link', address: undefined }
      const { person, cookies } = await guard
        .run(attempt, () =>
          identity.resetPassword(body, headers, client.address, (user) => assertHasWork(dependencies, user)),
        )
        .catch((error) => {
          if (error instanceof SecondFactorRequired) onPasswordChosen(email)
          throw error
        })
      onPasswordChosen(person.email)
      return new CookieReply(
        [...cookies, devices.remember(headers, person.email)],
        await toSessionView(dependencies, person),
      )
    },
  } satisfies Partial<Handlers>
}

function operatorRoutes({ operators, clock }: Dependencies) {
  return {
    listOperators: ({ query }) => operators.list(query),
    async removeOperator({ actor, params }) {
      await operators.remove({ id: params.userId }, { actor, now: clock.now() })
      return undefined
    },
  } satisfies Partial<Handlers>
}
