import { recordAudit } from '../../audit/record-audit.ts'
import { PosternError } from '../../errors.ts'
import type { Act } from '../../shapes/act.ts'
import { type Email, writeBody } from '../../shapes/email.ts'
import type { Database, Tx } from '../../storage/database.ts'
import { newId } from '../../storage/id.ts'
import { listFactors } from './factor-rules-store.ts'

const tables = ['passkeys', 'totp_secrets', 'recovery_codes', 'sessions'] as const

/**
 * Removes all second factors of a user who has lost them, and ends the sessions: a device that was stolen may be signed
 * in. The password stays. Returns false if there was none.
 */
export async function removeFactors(tx: Tx, userId: string, { actor, now }: Act): Promise<boolean> {
  const factors = await listFactors(tx, userId)
  if (factors.length === 0) return false
  for (const table of tables) await tx.deleteFrom(table).where('user_id', '=', userId).execute()
  const about = { actor, organizationId: null, subjectKind: 'person', subjectId: userId }
  await recordAudit(tx, { ...about, action: 'person.second_factors_removed', before: { factors } }, now)
  return true
}

/** What the removal of second factors needs of others. */
interface RemovalNeeds {
  database: Database
  portalUrl: string
  writeEmails(tx: Tx, emails: readonly Email[], now: number): Promise<void>
}

/** Creates what removes the second factors of members who have lost them. */
export function createFactorRemoval({ database, portalUrl, writeEmails }: RemovalNeeds) {
  return {
    /**
     * Removes the factors of a member, and tells the user by email. Throws `not_found`, also for who has none, and
     * `conflict` for who works for the provider: their way back is on the machine.
     */
    async removeOf(member: { organizationId: string; memberId: string }, act: Act): Promise<void> {
      await database.transaction(async (tx) => {
        const user = await tx
          .selectFrom('members')
          .innerJoin('users', 'users.id', 'members.user_id')
          .select(['users.id', 'users.email', 'users.operator_role'])
          .where('members.id', '=', member.memberId)
          .where('members.organization_id', '=', member.organizationId)
          .executeTakeFirst()
        if (user === undefined) throw new PosternError('not_found', 'There is no such member here.')
        if (user.operator_role !== null)
          throw new PosternError(
            'conflict',
            'This user works for the provider. Run on the machine of the portal: postern operator create EMAIL --remove-second-factors.',
          )
        if (!(await removeFactors(tx, user.id, act)))
          throw new PosternError('not_found', 'This member has no second factor.')
        await writeEmails(tx, [writeRemovalEmail(user.email, portalUrl, act.now)], act.now)
      })
    },
  }
}

export type FactorRemoval = ReturnType<typeof createFactorRemoval>

const writeRemovalEmail = (recipient: string, portalUrl: string, now: number): Email => ({
  key: `second-factors-removed:${newId('outgoingEmail', now)}`,
  organizationId: null,
  recipient,
  subject: 'Your second factors were removed',
  body: writeBody(
    [
      'An operator of the API provider removed the passkeys, the authenticator app and the recovery codes of your account, and ended your sessions. Sign in with your password, and add a passkey or an app again.',
      'If you did not ask for this, tell your API provider at once, and change your password.',
    ],
    `${portalUrl}/account/sign-in`,
  ),
  cause: 'operator',
  isImportant: true,
})
