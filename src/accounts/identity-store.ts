import { hashPassword, verifyPassword } from 'better-auth/crypto'
import type { Clock } from '../clock.ts'
import type { OperatorRole } from '../contract/roles.ts'
import { PosternError } from '../errors.ts'
import type { Database, Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { portalCookie, readSessionToken, signSessionToken } from './session-cookie.ts'
import { createSessionStore, hashToken, sessionSeconds } from './session-store.ts'

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
   * Begins a session and ends that of `headers`. Throws `sign_in_failed`, the same for an unknown address and
   * for a wrong password.
   */
  signIn(email: string, password: string, headers: Headers): Promise<SignedIn>
  /** Throws `session_cookie_repeated`. */
  findUser(headers: Headers): Promise<User | undefined>
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
  ): Promise<string[]>
  /** Returns whether this is the present password of the user; begins no session. */
  verifyPassword(userId: string, password: string): Promise<boolean>
  findUserId(email: string): Promise<string | undefined>
  /** Creates a user; with a one-time password they must choose another at the first sign-in. */
  createUser(user: NewUser): Promise<string>
  /**
   * Hashes the password of a new user. The result creates the user in a transaction of the caller, with a session that
   * replaces that of `headers`.
   */
  prepareUser(user: NewUser, headers: Headers): Promise<(tx: Tx) => Promise<SignedIn & { userId: string }>>
}

export interface NewUser {
  email: string
  name: string
  password: string
  operatorRole: OperatorRole | null
  mustChangePassword: boolean
}

/** Creates the identity service on Postern's own tables. `sessionKey` signs the cookies. */
export function createIdentity(
  database: Database,
  sessionKey: string,
  portalUrl: string,
  clock: Clock,
): Identity {
  const sessions = createSessionStore(database, clock)
  const cookie = portalCookie(portalUrl, 'session_token')
  const tokenOf = (headers: Headers) => readSessionToken(headers.get('cookie'), cookie.name, sessionKey)
  const setSession = (token: string) => cookie.set(signSessionToken(token, sessionKey), sessionSeconds)
  const findUser = async (headers: Headers): Promise<User | undefined> => {
    const token = tokenOf(headers)
    const row = token === undefined ? undefined : await sessions.findUser(token)
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
    async signIn(email, password, headers) {
      const account = await findAccount(database.queries, email)
      if (!(await isPasswordOf(account, password)) || account === undefined) throw signInFailed()
      const token = await database.transaction(async (tx) => {
        // If the password was changed in the meantime, this one is wrong, and its sessions have ended.
        if (!(await holdPassword(tx, account))) throw signInFailed()
        const replaced = tokenOf(headers)
        if (replaced !== undefined) await sessions.end(tx, replaced)
        return sessions.begin(tx, account.id, headers.get('user-agent') ?? '')
      })
      return { person: toUser(account), cookies: [setSession(token)] }
    },
    async signOut(headers) {
      const token = tokenOf(headers)
      if (token !== undefined) await sessions.end(database.queries, token)
      return [cookie.clear()]
    },
    async changePassword(headers, { currentPassword, newPassword }) {
      if (newPassword === currentPassword) {
        throw new PosternError('password_unsuitable', 'The new password must differ from the one in use.')
      }
      const user = await findUser(headers)
      const account = user && (await findAccount(database.queries, user.email))
      if (!(await isPasswordOf(account, currentPassword)) || account === undefined) throw wrongPassword()
      const hash = await hashPassword(newPassword)
      const token = await database.transaction(async (tx) => {
        if (!(await replacePassword(tx, account, hash, clock.now()))) throw wrongPassword()
        await sessions.endAll(tx, account.id)
        return sessions.begin(tx, account.id, headers.get('user-agent') ?? '')
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
    async findUserId(email) {
      const row = await database.queries
        .selectFrom('users')
        .select('id')
        .where('email', '=', email.toLowerCase())
        .executeTakeFirst()
      return row?.id
    },
    async createUser(user) {
      const hash = await hashPassword(user.password)
      return database.transaction((tx) => insertUser(tx, user, hash, clock.now()))
    },
    async prepareUser(user, headers) {
      const hash = await hashPassword(user.password)
      const replaced = tokenOf(headers)
      return async (tx) => {
        const userId = await insertUser(tx, user, hash, clock.now())
        if (replaced !== undefined) await sessions.end(tx, replaced)
        const token = await sessions.begin(tx, userId, headers.get('user-agent') ?? '')
        const { name, operatorRole, mustChangePassword } = user
        const person = { userId, email: user.email.toLowerCase(), name, operatorRole, mustChangePassword }
        return { userId, person, cookies: [setSession(token)] }
      }
    },
  }
}

type Account = NonNullable<Awaited<ReturnType<typeof findAccount>>>

function findAccount(queries: Queries, email: string) {
  return queries
    .selectFrom('users')
    .innerJoin('accounts', 'accounts.user_id', 'users.id')
    .select(['users.id', 'email', 'name', 'operator_role', 'must_change_password', 'password'])
    .where('email', '=', email.toLowerCase())
    .where('provider_id', '=', 'credential')
    .executeTakeFirst()
}

/** Returns whether the password is correct, in the same time for an unknown user and a wrong password. */
async function isPasswordOf(account: Account | undefined, password: string): Promise<boolean> {
  if (account?.password) return verifyPassword({ hash: account.password, password })
  await hashPassword(password)
  return false
}

/** Returns whether the password of `account` is unchanged; it cannot change before `tx` has ended. */
async function holdPassword(tx: Tx, { id, password }: Account): Promise<boolean> {
  const held = await tx
    .updateTable('accounts')
    .set((e) => ({ updated_at: e.ref('updated_at') }))
    .where('user_id', '=', id)
    .where('password', '=', password)
    .executeTakeFirst()
  return held.numUpdatedRows > 0n
}

/** Replaces the password of `account`, and returns whether it was unchanged before. */
async function replacePassword(tx: Tx, account: Account, hash: string, now: number): Promise<boolean> {
  const replaced = await tx
    .updateTable('accounts')
    .set({ password: hash, updated_at: new Date(now).toISOString() })
    .where('user_id', '=', account.id)
    .where('password', '=', account.password)
    .executeTakeFirst()
  await tx.updateTable('users').set({ must_change_password: 0 }).where('id', '=', account.id).execute()
  return replaced.numUpdatedRows > 0n
}

async function insertUser(tx: Tx, user: NewUser, hash: string, now: number): Promise<string> {
  const { email, name, operatorRole, mustChangePassword } = user
  const id = newId('user', now)
  const at = new Date(now).toISOString()
  const times = { created_at: at, updated_at: at }
  const flags = { operator_role: operatorRole, must_change_password: Number(mustChangePassword) }
  await tx
    .insertInto('users')
    .values({ id, email: email.toLowerCase(), name, email_verified: 1, ...flags, ...times })
    .execute()
  await tx
    .insertInto('accounts')
    .values({
      id: newId('account', now),
      account_id: id,
      provider_id: 'credential',
      user_id: id,
      password: hash,
      ...times,
    })
    .execute()
  return id
}

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
