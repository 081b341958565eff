import type { Clock } from '../../clock.ts'
import type { Operation } from '../../contract/operation.ts'
import { CookieReply, type Handlers, type Request } from '../../http/handler.ts'
import type { Identity } from '../identity-store.ts'
import type { FactorRemoval } from './factor-removal-store.ts'
import type { Factors, FactorUser } from './factors-store.ts'

interface Dependencies {
  factors: Factors
  factorRemoval: FactorRemoval
  clock: Clock
  identity: Identity
}

type Ids =
  | 'getSignInMethods'
  | 'beginPasskeyRegistration'
  | 'registerPasskey'
  | 'listPasskeys'
  | 'getPasskey'
  | 'renamePasskey'
  | 'deletePasskey'
  | 'beginTotpSetUp'
  | 'confirmTotp'
  | 'deleteTotp'
  | 'createRecoveryCodes'
  | 'removeSecondFactors'

type Own = Pick<Request<Operation & { access: 'signed-in' }>, 'actor' | 'headers' | 'session'>

/** Returns the handlers for the second factors of the signed-in user. */
export function factorRoutes({ factors, factorRemoval, identity, clock }: Dependencies): Pick<Handlers, Ids> {
  const toUser = ({ actor, session, headers }: Own): FactorUser => ({
    actor,
    userId: session.userId,
    email: session.email,
    name: session.name,
    tokenSha256: identity.identifySession(headers) ?? '',
  })
  return {
    getSignInMethods: ({ session }) => factors.describe(session.userId),
    async beginPasskeyRegistration(request) {
      const { options, cookie } = await factors.beginRegistration(toUser(request))
      return new CookieReply([cookie], options)
    },
    registerPasskey: (request) => factors.register(toUser(request), request.body, request.headers),
    listPasskeys: async ({ session }) => ({ items: await factors.listPasskeys(session.userId) }),
    getPasskey: ({ session, params }) => factors.getPasskey(session.userId, params.passkeyId),
    renamePasskey: (request) =>
      factors.renamePasskey(toUser(request), request.params.passkeyId, request.body.name),
    async deletePasskey(request) {
      await factors.deletePasskey(toUser(request), request.params.passkeyId)
      return undefined
    },
    beginTotpSetUp: (request) => factors.beginTotp(toUser(request)),
    confirmTotp: (request) => factors.confirmTotp(toUser(request), request.body.code),
    async deleteTotp(request) {
      await factors.deleteTotp(toUser(request))
      return undefined
    },
    createRecoveryCodes: async (request) => ({
      codes: await factors.createRecoveryCodes(toUser(request)),
    }),
    async removeSecondFactors({ actor, organization, params }) {
      const member = { organizationId: organization.id, memberId: params.memberId }
      await factorRemoval.removeOf(member, { actor, now: clock.now() })
      return undefined
    },
  }
}
