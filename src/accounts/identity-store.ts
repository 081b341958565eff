import { recordAudit } from '../audit/record-audit.ts'
import type { Clock } from '../clock.ts'
import { linkPurposes } from '../contract/account.ts'
import type { OperatorRole } from '../contract/roles.ts'
import type { SecondFactor } from '../contract/second-factor.ts'
import { PosternError } from '../errors.ts'
import { SecondFactorRequired } from '../shapes/second-factor-required.ts'
import type { Database, Tx } from '../storage/database.ts'
import { listFactors } from './factors/factor-rules-store.ts'
import { type Accept, passkeyRejected, runAccepting } from './factors/factors-store.ts'
import { createSignedCookie, type Ticket } from './factors/signed-cookie.ts'
import { spendTicket } from './factors/spent-ticket-store.ts'
import type { InTurn } from './guard-sign-in.ts'
import { consumeLink, getUsableLink, voidLinks } from './link-store.ts'
import {
  type Account,
  findAccount,
  hashNewPassword,
  holdPassword,
  insertUser,
  isPasswordOf,
  type NewUser,
  replacePassword,
  setPassword,
} from './password-store.ts'
import { portalCookie, readSessionToken, signSessionToken } from './session-cookie.ts'
import { createSessionStore, hashToken, type SessionLimits, type SessionProof } from './session-store.ts'
import { mustUseProvider } from './single-sign-on/must-use-provider-store.ts'

/** A user as sign-in knows them. */
export interface User {
  userId: string
  email: string
  name: string
  operatorRole: OperatorRole | null
  mustChangePassword: boolean
  /** What proved the sign-in of the session beside the password; null for a password alone. */
  secondFactor: SecondFactor | null
  /** The ID of the organization whose OpenID provider stated a second factor, which counts for it alone; else null. */
  secondFactorFor: string | null
  /** The ID of the organization whose OpenID provider began the session, which reaches it alone; else null. */
  signedInBy: string | null
}

/** The user whom the provider of an organization has identified. */
interface Identified {
  userId: string
  organizationId: string
  /** Whether the provider states a second factor, in the way that the organization accepts. */
  hasSecondFactor: boolean
}

/** The proof of a password, until a second factor completes the sign-in. */
interface PasswordStep {
  userId: string
  email: string
  /** Of the stored hash of the password, which may change in the meantime. */
  passwordSha256: string
}

/** The cookies to set, and the user of their session. */
export interface SignedIn {
  person: User
  cookies: string[]
}

/** From where a user signs in, and who may. */
interface SignInDetails {
  address?: string
  /** Throws for a user who is not let in. */
  assertAdmitted?: (user: User) => Promise<void>
  /** Runs the slow check of the password. */
  inTurn?: InTurn
}

/** Sign-in, sessions and passwords in the store. */
export interface Identity {
  /**
   * Begins a session from `address` and ends that of `headers`. Throws `sign_in_failed`, the same for an unknown address,
   * for a wrong password and for a deactivated user, what `assertAdmitted` throws of a user with the right password, and
   * `second_factor_required`, with a cookie that proves the password, for a user who has a second factor. Throws
   * `single_sign_on_required` for a right password that may not be used. `inTurn` runs the slow check of the password.
   */
  signIn(email: string, password: string, headers: Headers, more?: SignInDetails): Promise<SignedIn>
  /** Returns the user of a password step. Throws `second_factor_expired`. */
  findPasswordStep(headers: Headers): { userId: string; email: string }
  /**
   * Begins a session after a password step if the factor is accepted. Throws `second_factor_expired`, also for a user who
   * was deactivated since, `single_sign_on_required`, and what `accept` gives and `assertAdmitted` throws.
   */
  completeSignIn(
    headers: Headers,
    factor: SecondFactor,
    accept: Accept,
    more?: SignInDetails,
  ): Promise<SignedIn>
  /**
   * Begins a session of the user whose passkey is accepted. Throws what `accept` gives and `assertAdmitted` throws,
   * `passkey_rejected` for a deactivated user, and `single_sign_on_required`.
   */
  signInByPasskey(headers: Headers, userId: string, accept: Accept, more?: SignInDetails): Promise<SignedIn>
  /**
   * Begins a session of the user whom `identify` returns in its transaction, for the organization of the provider alone,
   * and ends that of `headers`.
   */
  signInAs(
    identify: (tx: Tx) => Promise<Identified>,
    headers: Headers,
    address: string | undefined,
  ): Promise<SignedIn>
  /**
   * Returns the user of the session of `headers`. A session that no request uses for a while ends; `isUse` says that
   * this one does. Throws `session_cookie_repeated`.
   */
  findUser(headers: Headers, isUse?: boolean): Promise<User | undefined>
  /**
   * Returns a name of the session whose cookie is in `headers`, without a query of the store; the session may
   * have ended.
   */
  identifySession(headers: Headers): string | undefined
  /** Ends the session of `headers`; returns the cookies that delete it. */
  signOut(headers: Headers): Promise<string[]>
  /** Ends every session of the user and begins another. Throws `sign_in_failed` or `password_unsuitable`. */
  changePassword(
    headers: Headers,
    change: { currentPassword: string; newPassword: string },
    address?: string,
  ): Promise<string[]>
  /** Returns whether this is the present password of the user; begins no session. */
  verifyPassword(userId: string, password: string): Promise<boolean>
  /**
   * Sets a password with a one-time link, ends every session of the user, makes all other links of the user invalid and
   * begins a session. Throws `link_invalid`, `password_unsuitable` or what `assertAdmitted` throws of the user; then
   * nothing has changed, and the link stays usable. For a user who has a second factor, the new password counts but no
   * session begins: throws `second_factor_required`. For a user whose organization demands single sign-on as well: throws
   * `single_sign_on_required`.
   */
  resetPassword(
    reset: { token: string; newPassword: string },
    headers: Headers,
    address: string,
    assertAdmitted?: (user: Pick<User, 'userId' | 'operatorRole'>) => Promise<void>,
  ): Promise<SignedIn>
  findUserId(email: string): Promise<string | undefined>
  /**
   * Creates a user; with a one-time password they must choose another at the first sign-in. Throws
   * `password_unsuitable`.
   */
  createUser(user: NewUser & { password: string }): Promise<string>
  /**
   * Hashes the password of a new user. The result creates the user in a transaction of the caller, with a session that
   * replaces that of `headers`.
   */
  prepareUser(
    user: NewUser & { password: string },
    headers: Headers,
    address?: string,
  ): Promise<(tx: Tx) => Promise<SignedIn & { userId: string }>>
}

/** Creates the identity service on Postern's own tables. `sessionKey` signs the cookies. */
export function createIdentity(
  database: Database,
  sessionKey: string,
  portal: { url: string; sessions?: SessionLimits },
  clock: Clock,
): Identity {
  const sessions = createSessionStore(database, clock, portal.sessions)
  const cookie = portalCookie(portal.url, 'session_token')
  const tokenOf = (headers: Headers) => readSessionToken(headers.get('cookie'), cookie.name, sessionKey)
  const steps = createSignedCookie<PasswordStep>('password_step', {
    sessionKey,
    portalUrl: portal.url,
    clock,
  })
  const setSession = (token: string) =>
    cookie.set(signSessionToken(token, sessionKey), sessions.limits.absoluteSeconds)
  const findUser = async (headers: Headers, isUse = false): Promise<User | undefined> => {
    const token = tokenOf(headers)
    const row = token === undefined ? undefined : await sessions.findUser(token, isUse)
    return (
      row &&
      toUser(row, {
        factor: row.second_factor,
        factorFor: row.second_factor_for,
        signedInBy: row.signed_in_by,
      })
    )
  }
  /** Begins a session in place of that of `headers`. */
  const replaceSession = async (
    tx: Tx,
    headers: Headers,
    { userId, address, ...proof }: { userId: string; address: string | undefined } & SessionProof,
  ) => {
    const replaced = tokenOf(headers)
    if (replaced !== undefined) await sessions.end(tx, replaced)
    return sessions.begin(tx, userId, toClient(headers, address), proof)
  }
  const readStep = (headers: Headers): PasswordStep & Ticket => {
    const step = steps.read(headers)
    if (step === undefined) throw stepExpired()
    return step
  }

  return {
    findUser,
    identifySession(headers) {
      try {
        const token = tokenOf(headers)
        return token && hashToken(token)
      } catch {
        // Two cookies identify no session.
        return undefined
      }
    },
    async signIn(email, password, headers, { address, assertAdmitted, inTurn = runNow } = {}) {
      const account = await findAccount(database.queries, email)
      const isRight = await inTurn(() => isPasswordOf(account, password))
      if (!isRight || account === undefined) throw signInFailed()
      await assertAdmitted?.(toUser(account, byPassword))
      const token = await database.transaction(async (tx) => {
        // If the password was changed in the meantime, this one is wrong, and its sessions have ended.
        if (!(await holdPassword(tx, account))) throw signInFailed()
        if (await mustUseProvider(tx, account)) throw singleSignOnRequired()
        const factors = await listFactors(tx, account.id)
        if (factors.length > 0) throw new SecondFactorRequired(factors, steps.issue(toStep(account)).cookie)
        return replaceSession(tx, headers, { userId: account.id, address, ...byPassword })
      })
      return { person: toUser(account, byPassword), cookies: [setSession(token)] }
    },
    findPasswordStep: readStep,
    async completeSignIn(headers, factor, accept, { address, assertAdmitted } = {}) {
      const step = readStep(headers)
      const account = await findAccount(database.queries, step.email)
      if (account === undefined || toStep(account).passwordSha256 !== step.passwordSha256) throw stepExpired()
      const proof = byFactor(factor)
      const person = toUser(account, proof)
      await assertAdmitted?.(person)
      const token = await runAccepting(database, accept, async (tx) => {
        if (!(await holdPassword(tx, account)) || !(await spendTicket(tx, step))) throw stepExpired()
        if (await mustUseProvider(tx, account)) throw singleSignOnRequired()
        return replaceSession(tx, headers, { userId: account.id, address, ...proof })
      })
      return { person, cookies: [setSession(token), steps.clear()] }
    },
    async signInByPasskey(headers, userId, accept, { address, assertAdmitted } = {}) {
      const row = await database.queries
        .selectFrom('users')
        .select(['id', 'email', 'name', 'operator_role', 'must_change_password'])
        .where('id', '=', userId)
        .where('deactivated_at', 'is', null)
        .executeTakeFirst()
      if (row === undefined) throw passkeyRejected()
      const proof = byFactor('passkey')
      const person = toUser(row, proof)
      await assertAdmitted?.(person)
      const token = await runAccepting(database, accept, async (tx) => {
        if (await mustUseProvider(tx, row)) throw singleSignOnRequired()
        return replaceSession(tx, headers, { userId, address, ...proof })
      })
      return { person, cookies: [setSession(token)] }
    },
    async signInAs(identify, headers, address) {
      const { token, person } = await database.transaction(async (tx) => {
        const { userId, organizationId, hasSecondFactor } = await identify(tx)
        const factorFor = hasSecondFactor ? organizationId : null
        const proof = { factor: null, factorFor, signedInBy: organizationId }
        const row = await tx
          .selectFrom('users')
          .select(['id', 'email', 'name', 'operator_role', 'must_change_password'])
          .where('id', '=', userId)
          .executeTakeFirstOrThrow()
        const begun = await replaceSession(tx, headers, { userId, address, ...proof })
        return { token: begun, person: toUser(row, proof) }
      })
      return { person, cookies: [setSession(token)] }
    },
    async signOut(headers) {
      const token = tokenOf(headers)
      if (token !== undefined) await sessions.end(database.queries, token)
      return [cookie.clear()]
    },
    async changePassword(headers, { currentPassword, newPassword }, address) {
      if (newPassword === currentPassword) {
        throw new PosternError('password_unsuitable', 'The new password must differ from the one in use.')
      }
      const user = await findUser(headers)
      const account = user && (await findAccount(database.queries, user.email))
      const isRight = await isPasswordOf(account, currentPassword)
      if (!isRight || user === undefined || account === undefined) throw wrongPassword()
      const hash = await hashNewPassword(database.queries, account, newPassword)
      const token = await database.transaction(async (tx) => {
        if (!(await replacePassword(tx, account, hash, clock.now()))) throw wrongPassword()
        await sessions.endAll(tx, { userId: account.id, signedInBy: null })
        await voidLinks(tx, account.id, linkPurposes)
        const proof = {
          factor: user.secondFactor,
          factorFor: user.secondFactorFor,
          signedInBy: user.signedInBy,
        }
        return sessions.begin(tx, account.id, toClient(headers, address), proof)
      })
      return [setSession(token)]
    },
    async verifyPassword(userId, password) {
      const user = await database.queries
        .selectFrom('users')
        .select('email')
        .where('id', '=', userId)
        .executeTakeFirst()
      return isPasswordOf(user && (await findAccount(database.queries, user.email)), password)
    },
    async resetPassword({ token, newPassword }, headers, address, assertAdmitted) {
      const link = await getUsableLink(database.queries, token, clock.now(), ['set_password'])
      const { user } = link
      await assertAdmitted?.({ userId: user.id, operatorRole: user.operatorRole })
      const hash = await hashNewPassword(database.queries, user, newPassword)
      const actor = { kind: 'person', id: user.id, name: user.email, origin: address } as const
      const about = { organizationId: null, subjectKind: 'person', subjectId: user.id }
      const begun = await database.transaction(async (tx) => {
        const now = clock.now()
        await consumeLink(tx, link, now)
        await voidLinks(tx, user.id, linkPurposes)
        await setPassword(tx, user.id, hash, now)
        await sessions.endAll(tx, { userId: user.id, signedInBy: null })
        await recordAudit(tx, { actor, action: 'person.password_reset', ...about }, now)
        if (await mustUseProvider(tx, user)) return { mustUseProvider: true }
        const factors = await listFactors(tx, user.id)
        if (factors.length > 0) return { factors }
        return { session: await sessions.begin(tx, user.id, toClient(headers, address), byPassword) }
      })
      if ('mustUseProvider' in begun) throw singleSignOnRequired()
      const account = await findAccount(database.queries, user.email)
      if (account === undefined) throw signInFailed()
      if ('factors' in begun)
        throw new SecondFactorRequired(begun.factors, steps.issue(toStep(account)).cookie)
      return { person: toUser(account, byPassword), cookies: [setSession(begun.session)] }
    },
    async findUserId(email) {
      const row = await database.queries
        .selectFrom('users')
        .select('id')
        .where('email', '=', email.toLowerCase())
        .executeTakeFirst()
      return row?.id
    },
    async createUser({ password, ...user }) {
      const hash = await hashNewPassword(database.queries, user, password)
      return database.transaction((tx) => insertUser(tx, user, hash, clock.now()))
    },
    async prepareUser(user, headers, address) {
      const hash = await hashNewPassword(database.queries, user, user.password)
      return async (tx) => {
        const userId = await insertUser(tx, user, hash, clock.now())
        const token = await replaceSession(tx, headers, { userId, address, ...byPassword })
        const { name, operatorRole, mustChangePassword } = user
        const person = { userId, email: user.email.toLowerCase(), name, operatorRole, mustChangePassword }
        return {
          userId,
          person: { ...person, secondFactor: null, secondFactorFor: null, signedInBy: null },
          cookies: [setSession(token)],
        }
      }
    },
  }
}

const runNow: InTurn = (slow) => slow()

const toClient = (headers: Headers, address: string | undefined) => ({
  userAgent: headers.get('user-agent') ?? '',
  address: address ?? null,
})

const toStep = ({ id, email, password }: Account): PasswordStep => ({
  userId: id,
  email,
  passwordSha256: hashToken(password ?? ''),
})

const byFactor = (factor: SecondFactor): SessionProof => ({ factor, factorFor: null, signedInBy: null })
const byPassword: SessionProof = { factor: null, factorFor: null, signedInBy: null }

const toUser = (row: Omit<Account, 'password'>, { factor, factorFor, signedInBy }: SessionProof): User => ({
  userId: row.id,
  email: row.email,
  name: row.name,
  // The provider of a customer gives nobody the rights of the platform.
  operatorRole: signedInBy === null ? row.operator_role : null,
  mustChangePassword: Boolean(row.must_change_password),
  secondFactor: factor,
  secondFactorFor: factorFor,
  signedInBy,
})

const wrongPassword = () => new PosternError('sign_in_failed', 'The current password is not right.')

const stepExpired = () =>
  new PosternError(
    'second_factor_expired',
    'The sign-in has expired: it is too long since the password, or the password has changed. Sign in again.',
  )

const signInFailed = () =>
  new PosternError(
    'sign_in_failed',
    'The email or the password is wrong. Check both. A one-time password works until you set a new password.',
  )

const singleSignOnRequired = () =>
  new PosternError(
    'single_sign_on_required',
    'Your organization requires single sign-on. Sign in with it instead.',
  )
