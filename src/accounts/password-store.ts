import { hashPassword, verifyPassword } from 'better-auth/crypto'
import type { OperatorRole } from '../contract/roles.ts'
import type { Queries, Tx } from '../storage/database.ts'
import { newId } from '../storage/id.ts'
import { assertSuitablePassword } from './assert-suitable-password.ts'

/** A user to be created. */
export interface NewUser {
  email: string
  name: string
  operatorRole: OperatorRole | null
  mustChangePassword: boolean
}

declare const isChecked: unique symbol
/** The slow hash of a password that was found suitable; only {@link hashNewPassword} makes one. */
export type NewPasswordHash = string & { [isChecked]: true }

/**
 * Checks and hashes a password that a user is going to have, outside of a transaction since both take time. Every
 * password of the store comes from here. Throws `password_unsuitable`.
 */
export async function hashNewPassword(
  queries: Queries,
  { email, name }: { email: string; name: string },
  password: string,
): Promise<NewPasswordHash> {
  const organizations = await queries
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .innerJoin('organizations', 'organizations.id', 'members.organization_id')
    .select(['slug', 'legal_name'])
    .where('email', '=', email.toLowerCase())
    .limit(20)
    .execute()
  const [localPart = ''] = email.split('@')
  const names = organizations.flatMap(({ slug, legal_name: legalName }) => [slug, legalName])
  await assertSuitablePassword(password, [localPart, name, ...names])
  return (await hashPassword(password)) as NewPasswordHash
}

/** A user with a password who may sign in. */
export type Account = NonNullable<Awaited<ReturnType<typeof findAccount>>>

/** Returns the user with this email if they have a password and are not deactivated. */
export function findAccount(queries: Queries, email: string) {
  return queries
    .selectFrom('users')
    .innerJoin('accounts', 'accounts.user_id', 'users.id')
    .select(['users.id', 'email', 'name', 'operator_role', 'must_change_password', 'password'])
    .where('email', '=', email.toLowerCase())
    .where('provider_id', '=', 'credential')
    .where('deactivated_at', 'is', null)
    .executeTakeFirst()
}

/** Returns whether the password is correct, in the same time for an unknown user and a wrong password. */
export async function isPasswordOf(account: Account | undefined, password: string): Promise<boolean> {
  if (account?.password) return verifyPassword({ hash: account.password, password })
  await hashPassword(password)
  return false
}

/** Returns whether the password of `account` is unchanged; it cannot change before `tx` has ended. */
export async function holdPassword(tx: Tx, { id, password }: Account): Promise<boolean> {
  const held = await tx
    .updateTable('accounts')
    .set((e) => ({ updated_at: e.ref('updated_at') }))
    .where('user_id', '=', id)
    .where('password', '=', password)
    .executeTakeFirst()
  return held.numUpdatedRows > 0n
}

/** Replaces the password of `account`, and returns whether it was unchanged before. */
export async function replacePassword(
  tx: Tx,
  account: Account,
  hash: NewPasswordHash,
  now: number,
): Promise<boolean> {
  const replaced = await tx
    .updateTable('accounts')
    .set({ password: hash, updated_at: new Date(now).toISOString() })
    .where('user_id', '=', account.id)
    .where('password', '=', account.password)
    .executeTakeFirst()
  await endOneTimePassword(tx, account.id)
  return replaced.numUpdatedRows > 0n
}

/** Sets the password of a user, whatever it was, also the first one. */
export async function setPassword(tx: Tx, userId: string, hash: NewPasswordHash, now: number): Promise<void> {
  const at = new Date(now).toISOString()
  const changed = await tx
    .updateTable('accounts')
    .set({ password: hash, updated_at: at })
    .where('user_id', '=', userId)
    .where('provider_id', '=', 'credential')
    .executeTakeFirst()
  if (changed.numUpdatedRows === 0n) await insertPassword(tx, userId, hash, now)
  await endOneTimePassword(tx, userId)
}

/** Creates a user; without a password they need a one-time link. Returns the ID. */
export async function insertUser(
  tx: Tx,
  { email, name, operatorRole, mustChangePassword }: NewUser,
  hash: NewPasswordHash | undefined,
  now: number,
): Promise<string> {
  const id = newId('user', now)
  const at = new Date(now).toISOString()
  const flags = { operator_role: operatorRole, must_change_password: Number(mustChangePassword) }
  await tx
    .insertInto('users')
    .values({
      id,
      email: email.toLowerCase(),
      name,
      email_verified: 1,
      ...flags,
      created_at: at,
      updated_at: at,
    })
    .execute()
  if (hash !== undefined) await insertPassword(tx, id, hash, now)
  return id
}

async function insertPassword(tx: Tx, userId: string, hash: NewPasswordHash, now: number): Promise<void> {
  const at = new Date(now).toISOString()
  await tx
    .insertInto('accounts')
    .values({
      id: newId('account', now),
      account_id: userId,
      provider_id: 'credential',
      user_id: userId,
      password: hash,
      created_at: at,
      updated_at: at,
    })
    .execute()
}

const endOneTimePassword = (tx: Tx, userId: string) =>
  tx.updateTable('users').set({ must_change_password: 0 }).where('id', '=', userId).execute()
