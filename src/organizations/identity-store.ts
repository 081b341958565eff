import { betterAuth } from 'better-auth'
import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import type { Database } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { prepareQuery } from '../storage/prepare-query.ts'
import { readSessionToken } from './session-cookie.ts'

const sessionSeconds = 12 * 3600
const shortestPassword = 12

/** A person as sign-in knows them. */
export interface Person {
  userId: string
  email: string
  name: string
  operator: boolean
  mustChangePassword: boolean
}

/** The cookies that an answer has to set, and whose session they hold. */
export interface SignedIn {
  person: Person
  cookies: string[]
}

/** Sign-in, sessions and passwords, kept in the store. */
export interface Identity {
  /** Throws `sign_in_failed`, the same for an unknown address and for a wrong password. */
  signIn(email: string, password: string, headers: Headers): Promise<SignedIn>
  findPerson(headers: Headers): Promise<Person | undefined>
  /** Ends the session of `headers`; gives the cookies that forget it. */
  signOut(headers: Headers): Promise<string[]>
  /** Ends every other session too. Throws `sign_in_failed` or `password_unsuitable`. */
  changePassword(
    headers: Headers,
    change: { currentPassword: string; newPassword: string },
  ): Promise<string[]>
  findUserId(email: string): Promise<string | undefined>
  /** Makes a person; with a one-time password they must choose another at the first sign-in. */
  createPerson(person: NewPerson): Promise<string>
}

export interface NewPerson {
  email: string
  name: string
  password: string
  operator: boolean
  mustChangePassword: boolean
}

/** Identity by better-auth on Postern's own tables. `sessionKey` signs the cookies. */
export function createIdentity(
  database: Database,
  sessionKey: string,
  portalUrl: string,
  clock: Clock,
): Identity {
  const auth = createAuth(database, sessionKey, portalUrl, clock)

  const findPerson = async (headers: Headers): Promise<Person | undefined> => {
    const { authCookies, secret } = await auth.$context
    const token = readSessionToken(headers.get('cookie'), authCookies.sessionToken.name, secret)
    const [row] = token === undefined ? [] : await findSession(database.queries, { token })
    // The library asks the same in two queries, at ten times the cost: each request begins with it.
    if (row !== undefined && Date.parse(row.expires_at) > clock.now()) return toPerson(row)
    const found = await auth.api.getSession({ headers })
    return found === null ? undefined : toPerson(found.user)
  }

  return {
    findPerson,
    async signIn(email, password, headers) {
      const answer = await auth.api.signInEmail({
        body: { email, password },
        headers: originOf(headers),
        asResponse: true,
      })
      if (!answer.ok) throw signInFailed()
      const cookies = answer.headers.getSetCookie()
      const person = await findPerson(withCookies(cookies))
      if (person === undefined) throw signInFailed()
      return { person, cookies }
    },
    async signOut(headers) {
      const answer = await auth.api.signOut({ headers, asResponse: true })
      return answer.headers.getSetCookie()
    },
    async changePassword(headers, { currentPassword, newPassword }) {
      if (newPassword === currentPassword) {
        throw new PosternError('password_unsuitable', 'The new password must differ from the one in use.')
      }
      const body = { currentPassword, newPassword, revokeOtherSessions: true }
      const answer = await auth.api.changePassword({ body, headers, asResponse: true })
      if (!answer.ok) throw new PosternError('sign_in_failed', 'The current password is not right.')
      const person = await findPerson(headers)
      const cookies = answer.headers.getSetCookie()
      const userId = person?.userId ?? (await findPerson(withCookies(cookies)))?.userId
      await database.queries
        .updateTable('users')
        .set({ must_change_password: 0 })
        .where('id', '=', userId ?? '')
        .execute()
      return cookies
    },
    async findUserId(email) {
      const row = await database.queries
        .selectFrom('users')
        .select('id')
        .where('email', '=', email.toLowerCase())
        .executeTakeFirst()
      return row?.id
    },
    async createPerson({ email, name, password, operator, mustChangePassword }) {
      const { password: passwords } = await auth.$context
      const hash = await passwords.hash(password)
      const id = newId('usr', clock.now())
      const now = new Date(clock.now()).toISOString()
      const times = { created_at: now, updated_at: now }
      // The library would make the two in two steps, and a crash between them a person who cannot sign in.
      await database.transaction(async (tx) => {
        const flags = { is_operator: Number(operator), must_change_password: Number(mustChangePassword) }
        await tx
          .insertInto('users')
          .values({ id, email: email.toLowerCase(), name, email_verified: 1, ...flags, ...times })
          .execute()
        await tx
          .insertInto('accounts')
          .values({
            id: newId('usr', clock.now()),
            account_id: id,
            provider_id: 'credential',
            user_id: id,
            password: hash,
            ...times,
          })
          .execute()
      })
      return id
    },
  }
}

function createAuth(database: Database, sessionKey: string, portalUrl: string, clock: Clock) {
  const moments = { createdAt: 'created_at', updatedAt: 'updated_at' }
  return betterAuth({
    // Its SQLite form keeps moments as ISO text and flags as 0 or 1, which both engines store alike.
    database: { db: database.queries, type: 'sqlite' },
    secret: sessionKey,
    baseURL: portalUrl,
    telemetry: { enabled: false },
    logger: { disabled: true },
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: shortestPassword,
      maxPasswordLength: 200,
    },
    user: {
      modelName: 'users',
      fields: { emailVerified: 'email_verified', ...moments },
      additionalFields: {
        isOperator: { type: 'boolean', fieldName: 'is_operator', input: false, defaultValue: false },
        mustChangePassword: {
          type: 'boolean',
          fieldName: 'must_change_password',
          input: false,
          defaultValue: false,
        },
      },
    },
    session: {
      modelName: 'sessions',
      expiresIn: sessionSeconds,
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        ...moments,
      },
    },
    account: {
      modelName: 'accounts',
      fields: {
        accountId: 'account_id',
        providerId: 'provider_id',
        userId: 'user_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        ...moments,
      },
    },
    verification: { modelName: 'verifications', fields: { expiresAt: 'expires_at', ...moments } },
    advanced: {
      cookiePrefix: 'postern',
      useSecureCookies: portalUrl.startsWith('https:'),
      database: { generateId: () => newId('usr', clock.now()) },
    },
  })
}

const findSession = prepareQuery((queries, values: { token: string }) =>
  queries
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select([
      'users.id',
      'email',
      'name',
      'is_operator as isOperator',
      'must_change_password as mustChangePassword',
    ])
    .select('expires_at')
    .where('token', '=', values.token),
)

function toPerson(user: Record<string, unknown>): Person {
  return {
    userId: String(user.id),
    email: String(user.email),
    name: String(user.name),
    operator: Boolean(user.isOperator),
    mustChangePassword: Boolean(user.mustChangePassword),
  }
}

const signInFailed = () =>
  new PosternError(
    'sign_in_failed',
    'E-mail or password is not right. Check both; a one-time password works until a new one is chosen.',
  )

const originOf = (headers: Headers) => new Headers({ 'user-agent': headers.get('user-agent') ?? '' })

const withCookies = (cookies: string[]) =>
  new Headers({ cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') })
