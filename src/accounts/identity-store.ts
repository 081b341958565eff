import { recordAudit } from '../audit/record-audit.ts'
import type { Clock } from '../clock.ts'
import { linkPurposes } from '../contract/account.ts'
import type { OperatorRole } from '../contract/roles.ts'
import { PosternError } from '../errors.ts'
import type { Database, Tx } from '../storage/database.ts'
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
import { createSessionStore, hashToken, type SessionLimits } from './session-store.ts'

/** A user as sign-in knows them. */
export interface User {
  userId: string
  email: string
  name: string
  operatorRole: OperatorRole | null
  mustChangePassword: boolean
}

/** The cookies to set, and the user of their session. */
export interface SignedIn {
  person: User
  cookies: string[]
}

/** Sign-in, sessions and passwords in the store. */
export interface Identity {
  /**
   * Begins a session from `address` and ends that of `headers`. Throws `sign_in_failed`, the same for an unknown address,
   * for a wrong password and for a deactivated user, and what `assertAdmitted` throws of a user with the right password.
   * `inTurn` runs the slow check of the password.
   */
  signIn(
    email: string,
    password: string,
    headers: Headers,
    more?: { address?: string; assertAdmitted?: (user: User) => Promise<void>; inTurn?: InTurn },
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
   * nothing has changed, and the link stays usable.
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
  const setSession = (token: string) =>
    cookie.set(signSessionToken(token, sessionKey), sessions.limits.absoluteSeconds)
  const findUser = async (headers: Headers, isUse = false): Promise<User | undefined> => {
    const token = tokenOf(headers)
    const row = token === undefined ? undefined : await sessions.findUser(token, isUse)
    return row && toUser(row)
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
      await assertAdmitted?.(toUser(account))
      const token = await database.transaction(async (tx) => {
        // If the password was changed in the meantime, this one is wrong, and its sessions have ended.
        if (!(await holdPassword(tx, account))) throw signInFailed()
        const replaced = tokenOf(headers)
        if (replaced !== undefined) await sessions.end(tx, replaced)
        return sessions.begin(tx, account.id, toClient(headers, address))
      })
      return { person: toUser(account), cookies: [setSession(token)] }
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
      if (!(await isPasswordOf(account, currentPassword)) || account === undefined) throw wrongPassword()
      const hash = await hashNewPassword(database.queries, account, newPassword)
      const token = await database.transaction(async (tx) => {
        if (!(await replacePassword(tx, account, hash, clock.now()))) throw wrongPassword()
        await sessions.endAll(tx, account.id)
        await voidLinks(tx, account.id, linkPurposes)
        return sessions.begin(tx, account.id, toClient(headers, address))
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
        await sessions.endAll(tx, user.id)
        await recordAudit(tx, { actor, action: 'person.password_reset', ...about }, now)
        return sessions.begin(tx, user.id, toClient(headers, address))
      })
      const account = await findAccount(database.queries, user.email)
      if (account === undefined) throw signInFailed()
      return { person: toUser(account), cookies: [setSession(begun)] }
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
      const replaced = tokenOf(headers)
      return async (tx) => {
        const userId = await insertUser(tx, user, hash, clock.now())
        if (replaced !== undefined) await sessions.end(tx, replaced)
        const token = await sessions.begin(tx, userId, toClient(headers, address))
        const { name, operatorRole, mustChangePassword } = user
        const person = { userId, email: user.email.toLowerCase(), name, operatorRole, mustChangePassword }
        return { userId, person, cookies: [setSession(token)] }
      }
    },
  }
}

const runNow: InTurn = (slow) => slow()

const toClient = (headers: Headers, address: string | undefined) => ({
  userAgent: headers.get('user-agent') ?? '',
  address: address ?? null,
})

const toUser = (row: Omit<Account, 'password'>): User => ({
  userId: row.id,
  email: row.email,
  name: row.name,
  operatorRole: row.operator_role,
  mustChangePassword: Boolean(row.must_change_password),
})

const wrongPassword = () => new PosternError('sign_in_failed', 'The current password is not right.')

const signInFailed = () =>
  new PosternError(
    'sign_in_failed',
    'The email or the password is wrong. Check both. A one-time password works until you set a new password.',
  )
