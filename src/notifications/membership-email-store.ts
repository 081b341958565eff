import type { Act } from '../shapes/act.ts'
import { type Email, writeBody } from '../shapes/email.ts'
import type { EndedMembership } from '../shapes/ended-membership.ts'
import type { Tx } from '../storage/database.ts'

/**
 * Creates what tells users that their membership ends. It is called in the transaction that ends it, while the user still
 * is a member, whose emails have another limit than those to anybody else.
 */
export function createMembershipMail(
  writeEmails: (tx: Tx, emails: readonly Email[], now: number) => Promise<void>,
  portalUrl: string,
) {
  return async (tx: Tx, ended: EndedMembership, { actor, now }: Act): Promise<void> => {
    const { email, legal_name: legalName } = await tx
      .selectFrom('members')
      .innerJoin('users', 'users.id', 'members.user_id')
      .innerJoin('organizations', 'organizations.id', 'members.organization_id')
      .select(['users.email', 'legal_name'])
      .where('members.id', '=', ended.id)
      .executeTakeFirstOrThrow()
    const isOperator = actor.kind === 'operator'
    await writeEmails(
      tx,
      [
        {
          key: `membership-ended:${ended.id}`,
          organizationId: ended.organizationId,
          recipient: email,
          subject: ended.hasLeft ? `You left ${legalName}` : `You no longer belong to ${legalName}`,
          body: writeBody(
            [
              ended.hasLeft
                ? `You left ${legalName} in the portal.`
                : `${isOperator ? 'Your API provider' : actor.name} ended your membership of ${legalName} in the portal.`,
              'You can no longer open it, and your own API keys no longer work for it. Your account and your other organizations stay.',
              ended.hasLeft
                ? 'If you did not do this, change your password, and ask an admin of the organization to invite you again.'
                : 'If you did not expect this, ask an admin of the organization.',
            ],
            portalUrl,
          ),
          cause: isOperator ? 'operator' : 'customer',
          isImportant: true,
        },
      ],
      now,
    )
  }
}
