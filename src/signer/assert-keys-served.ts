import { PosternError } from '../errors.ts'
import type { Database } from '../storage/database.ts'
import type { Hsm } from './hsm.ts'

/**
 * Throws `config_invalid` if the key of an issuing CA is in a token that the configuration does not name, or
 * that does not have it. An unavailable token is not checked: operations that need it wait.
 */
export async function assertKeysServed(
  { queries }: Pick<Database, 'queries'>,
  hsm: Hsm | undefined,
  issuers: readonly { id: string; environment: string }[],
): Promise<void> {
  for (const { id, environment } of issuers) {
    const row = await queries
      .selectFrom('issuer_keys')
      .select(['token', 'token_key_id'])
      .where('issuer_id', '=', id)
      .where('location', '=', 'pkcs11')
      .executeTakeFirst()
    if (row?.token_key_id == null) continue
    const where = `The key of the issuing CA of ${environment} is in the token ${row.token}`
    if (hsm === undefined)
      throw new PosternError(
        'config_invalid',
        `${where}, and authority.pkcs11 names no token. Set authority.pkcs11 and POSTERN_PKCS11_PIN as they were.`,
      )
    if (await isMissing(hsm, Buffer.from(row.token_key_id, 'hex')))
      throw new PosternError(
        'config_invalid',
        `${where}, and the token ${hsm.name} has no key with the ID ${id}. Name the right token or slot in authority.pkcs11.`,
      )
  }
}

/** Returns whether the token is available and lacks the key. */
async function isMissing(hsm: Hsm, keyId: Uint8Array): Promise<boolean> {
  const succeeds = (work: Promise<void>): Promise<boolean> =>
    work.then(
      () => true,
      (error) => {
        if (error instanceof PosternError && error.code === 'issuer_unavailable') return false
        throw error
      },
    )
  return (await succeeds(hsm.check())) && !(await succeeds(hsm.find(keyId))) && succeeds(hsm.check())
}
