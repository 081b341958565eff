import { createHash, randomBytes } from 'node:crypto'
import { PosternError } from '../../errors.ts'
import type { Queries, Tx } from '../../storage/database.ts'

const codeCount = 10
const codeLength = 20
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/** 100 random bits in base32: a plain hash suffices. */
const makeCode = (): string => Array.from(randomBytes(codeLength), (octet) => alphabet[octet & 31]).join('')

const hashOf = (userId: string, code: string): string =>
  createHash('sha256').update(`${userId}\n${code}`).digest('base64url')

const inGroups = (code: string): string => code.match(/.{5}/g)?.join('-') ?? code

/** The recovery codes of users, as hashes; a code is deleted when it is used. */
export const recoveryCodeStore = {
  async count(queries: Queries, userId: string): Promise<number> {
    const rows = await queries
      .selectFrom('recovery_codes')
      .select('code_sha256')
      .where('user_id', '=', userId)
      .execute()
    return rows.length
  },

  /** Replaces the codes of a user by ten others, and returns these; they are not stored. */
  async replace(tx: Tx, userId: string, now: number): Promise<string[]> {
    const codes = Array.from({ length: codeCount }, makeCode)
    await tx.deleteFrom('recovery_codes').where('user_id', '=', userId).execute()
    await tx
      .insertInto('recovery_codes')
      .values(codes.map((code) => ({ code_sha256: hashOf(userId, code), user_id: userId, created_at: now })))
      .execute()
    return codes.map(inGroups)
  },

  /** Accepts a code, each once; otherwise returns the error. */
  async accept(tx: Tx, userId: string, code: string): Promise<PosternError | undefined> {
    const deleted = await tx
      .deleteFrom('recovery_codes')
      .where('user_id', '=', userId)
      .where('code_sha256', '=', hashOf(userId, code))
      .executeTakeFirst()
    if (deleted.numDeletedRows > 0n) return undefined
    return new PosternError(
      'second_factor_failed',
      'The recovery code is wrong or was used before. Each works once, and only those that were made last.',
    )
  },
}
