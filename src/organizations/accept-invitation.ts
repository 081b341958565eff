import type { Clock } from '../clock.ts'
import type { InvitationAcceptance } from '../contract/invitation.ts'
import { PosternError } from '../errors.ts'
import { type AcceptanceStore, type Acceptor, needsSignIn } from './acceptance-store.ts'

/** The dependencies of an acceptance; `T` is what the creation of a user gives. */
export interface AcceptanceDependencies<T> {
  acceptances: AcceptanceStore
  /** Prepares the creation of a user with a session; slow, since it hashes the password. */
  prepareUser(
    user: { email: string; name: string; password: string },
    client: { headers: Headers; origin: string },
  ): Promise<Extract<Acceptor<T>, { insert: unknown }>['insert']>
  /** Runs pieces of slow work one after the other. */
  inTurn<R>(group: string, work: () => Promise<R>): Promise<R>
  clock: Clock
}

/** Who accepts: the user of the session if there is one. */
export interface Accepting {
  session: { userId: string; mustChangePassword: boolean } | undefined
  headers: Headers
  /** The client address. */
  origin: string
}

/**
 * Accepts an invitation: as the signed-in user if one has the address of the invitation, and as a new user otherwise.
 * Returns what the creation of the user has given. Throws what {@link AcceptanceStore} does, `bad_request` without name
 * or password of a new user, or `password_change_required`.
 */
export async function acceptInvitation<T>(
  dependencies: AcceptanceDependencies<T>,
  { token, name, password }: InvitationAcceptance,
  { session, headers, origin }: Accepting,
): Promise<({ userId: string } & T) | undefined> {
  const { acceptances, prepareUser, inTurn, clock } = dependencies
  const act = () => ({ origin, now: clock.now() })
  const { userId, email } = await acceptances.find(token, clock.now())
  if (userId !== undefined) {
    if (session?.mustChangePassword)
      throw new PosternError(
        'password_change_required',
        'Choose a new password first; the one-time password is only for that.',
      )
    if (session?.userId !== userId) throw needsSignIn(email)
    return acceptances.accept(token, { userId }, act())
  }
  if (name === undefined || password === undefined)
    throw new PosternError('bad_request', 'A new user needs a name and a password: send both.')
  return inTurn(token, async () => {
    // Of several requests with one token, one hashes a password; the others find the token spent.
    await acceptances.find(token, clock.now())
    const insert = await prepareUser({ email, name, password }, { headers, origin })
    return acceptances.accept(token, { insert }, act())
  })
}
