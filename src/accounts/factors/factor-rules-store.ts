import type { SecondFactor } from '../../contract/second-factor.ts'
import { PosternError } from '../../errors.ts'
import type { Queries, Tx } from '../../storage/database.ts'
import { passkeyStore } from './passkey-store.ts'
import { recoveryCodeStore } from './recovery-code-store.ts'
import { findTotpConfirmedAt } from './totp-store.ts'

/** The session of a change, by the hash of its token. */
export interface SessionRef {
  userId: string
  tokenSha256: string
}

/** Returns what can complete a sign-in with a password; nothing for a user without a second factor. */
export async function listFactors(queries: Queries, userId: string): Promise<SecondFactor[]> {
  const found: SecondFactor[] = []
  if ((await passkeyStore.count(queries, userId)) > 0) found.push('passkey')
  if ((await findTotpConfirmedAt(queries, userId)) !== null) found.push('totp')
  if (found.length > 0 && (await recoveryCodeStore.count(queries, userId)) > 0) found.push('recovery_code')
  return found
}

/** Creates the rules by which factors are added and removed. */
export function createFactorRules(settings: { readonly operatorsNeedSecondFactor: boolean }) {
  const hasFactor = async (queries: Queries, userId: string): Promise<boolean> =>
    (await listFactors(queries, userId)).length > 0

  const isDemanded = async (queries: Queries, userId: string): Promise<boolean> => {
    const organization = await queries
      .selectFrom('members')
      .innerJoin('organizations', 'organizations.id', 'members.organization_id')
      .select('organizations.id')
      .where('user_id', '=', userId)
      .where('requires_second_factor', '=', 1)
      .limit(1)
      .executeTakeFirst()
    if (organization !== undefined) return true
    if (!settings.operatorsNeedSecondFactor) return false
    const user = await queries
      .selectFrom('users')
      .select('operator_role')
      .where('id', '=', userId)
      .executeTakeFirstOrThrow()
    return user.operator_role !== null
  }

  const isProven = async (tx: Tx, { userId, tokenSha256 }: SessionRef): Promise<boolean> => {
    const session = await tx
      .selectFrom('sessions')
      .select('second_factor')
      .where('token_sha256', '=', tokenSha256)
      .where('user_id', '=', userId)
      .executeTakeFirst()
    if (session === undefined) throw new PosternError('not_signed_in', 'Sign in first.')
    return session.second_factor !== null
  }

  return {
    isDemanded,

    /**
     * Throws `second_factor_needed` if the user has a factor and the session began without one: a stolen password
     * must add and remove nothing.
     */
    async assertMayAdd(tx: Tx, session: SessionRef): Promise<void> {
      if ((await isProven(tx, session)) || !(await hasFactor(tx, session.userId))) return
      throw unproven()
    },

    /** Throws `second_factor_needed` if the session began without a second factor. */
    async assertMayRemove(tx: Tx, session: SessionRef): Promise<void> {
      if (!(await isProven(tx, session))) throw unproven()
    },

    /** Lets the session count as one with `factor`, and ends those of the user that have none. */
    async raise(tx: Tx, { userId, tokenSha256 }: SessionRef, factor: SecondFactor): Promise<void> {
      await tx
        .updateTable('sessions')
        .set({ second_factor: factor })
        .where('token_sha256', '=', tokenSha256)
        .where('user_id', '=', userId)
        .where('second_factor', 'is', null)
        .execute()
      await tx
        .deleteFrom('sessions')
        .where('user_id', '=', userId)
        .where('second_factor', 'is', null)
        .execute()
    },

    /** Throws `last_second_factor` if none is left in `tx` and one is demanded. */
    async assertEnoughLeft(tx: Tx, userId: string): Promise<void> {
      if ((await hasFactor(tx, userId)) || !(await isDemanded(tx, userId))) return
      throw new PosternError(
        'last_second_factor',
        'An organization of yours, or the provider, demands a second factor. Add another one before you remove this one.',
      )
    },
  }
}

const unproven = () =>
  new PosternError(
    'second_factor_needed',
    'Your account has a second factor, and this session began without it. Sign out, sign in with it, and try again.',
  )
