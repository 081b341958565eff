import { randomBytes } from 'node:crypto'
import { type LinkPurpose, linkPurposes } from '../contract/account.ts'
import type { OperatorRole } from '../contract/roles.ts'
import { PosternError } from '../errors.ts'
import type { Queries, Tx } from '../storage/database.ts'
import { hashToken } from './session-store.ts'

/** The page that each link opens. */
const pages: Record<LinkPurpose, string> = {
  set_password: '/set-password',
  confirm_old_email: '/confirm-email',
  confirm_new_email: '/confirm-email',
}

/** A link that can be used, with the user whom it is for. */
export interface UsableLink {
  hash: string
  purpose: LinkPurpose
  user: { id: string; email: string; name: string; operatorRole: OperatorRole | null }
  newEmail: string | null
  expiresAt: number
}

interface NewLink {
  purpose: LinkPurpose
  userId: string
  /** The new address of a change. */
  newEmail?: string
  expiresAt: number
}

/**
 * Adds a link in `tx` and returns its address. The token is in the fragment (RFC 3986, section 3.5), which browsers send
 * to no server, so that no log has it; the store has its hash.
 */
export async function addLink(
  tx: Tx,
  portalUrl: string,
  { purpose, userId, newEmail, expiresAt }: NewLink,
  now: number,
): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  await tx
    .insertInto('one_time_links')
    .values({
      token_sha256: hashToken(token),
      user_id: userId,
      email: newEmail ?? null,
      created_at: now,
      expires_at: expiresAt,
      purpose,
      used_at: null,
    })
    .execute()
  return `${portalUrl}${pages[purpose]}#token=${token}`
}

/**
 * Returns the link with this token for one of `purposes`. Throws `link_invalid` if there is none, if it was used or has
 * expired, or if its user cannot sign in any more.
 */
export async function getUsableLink(
  queries: Queries,
  token: string,
  now: number,
  purposes: readonly LinkPurpose[] = linkPurposes,
): Promise<UsableLink> {
  const hash = hashToken(token)
  const row = await queries
    .selectFrom('one_time_links')
    .innerJoin('users', 'users.id', 'one_time_links.user_id')
    .select(['purpose', 'expires_at', 'users.id', 'users.email', 'name', 'operator_role'])
    .select('one_time_links.email as new_email')
    .where('token_sha256', '=', hash)
    .where('purpose', 'in', purposes)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .where('deactivated_at', 'is', null)
    .executeTakeFirst()
  if (row === undefined) throw linkInvalid()
  const { purpose, id, email, name, operator_role: operatorRole } = row
  return {
    hash,
    purpose,
    user: { id, email, name, operatorRole },
    newEmail: row.new_email,
    expiresAt: Number(row.expires_at),
  }
}

/** Marks a link as used. Throws `link_invalid` if it no longer is usable: of two uses at once one succeeds. */
export async function consumeLink(tx: Tx, { hash }: Pick<UsableLink, 'hash'>, now: number): Promise<void> {
  const used = await tx
    .updateTable('one_time_links')
    .set({ used_at: now })
    .where('token_sha256', '=', hash)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  if (used.numUpdatedRows === 0n) throw linkInvalid()
}

/** Makes the links of a user for these purposes invalid. */
export async function voidLinks(tx: Tx, userId: string, purposes: readonly LinkPurpose[]): Promise<void> {
  await tx
    .deleteFrom('one_time_links')
    .where('user_id', '=', userId)
    .where('purpose', 'in', purposes)
    .execute()
}

export const linkInvalid = () =>
  new PosternError(
    'link_invalid',
    'The link is not valid: it was used, has expired or was replaced by a newer one. Ask for a new link.',
  )
