import { type Email, writeBody } from '../shapes/email.ts'
import type { InvitationNews } from '../shapes/invitation-news.ts'
import { toMinute } from '../shapes/moment.ts'
import type { Tx } from '../storage/database.ts'

/**
 * Creates what sends invitations: their link leads to the portal, with the token in the fragment, which no server
 * receives and no log has.
 */
export function createInvitationMail(
  writeEmails: (tx: Tx, emails: readonly Email[], now: number) => Promise<void>,
  portalUrl: string,
) {
  return {
    /** Queues the email in the transaction of the invitation; returns false if the limits of emails do not allow it. */
    async send(tx: Tx, invitation: InvitationNews, now: number): Promise<boolean> {
      const email = toEmail(portalUrl, invitation)
      await writeEmails(tx, [email], now)
      const queued = await tx
        .selectFrom('outbox')
        .select('id')
        .where('key', '=', email.key)
        .where('withheld', 'is', null)
        .executeTakeFirst()
      return queued !== undefined
    },
  }
}

const toEmail = (portalUrl: string, invitation: InvitationNews): Email => ({
  key: `invitation:${invitation.id}`,
  organizationId: invitation.organizationId,
  recipient: invitation.email,
  subject: `Invitation to ${invitation.legalName}`,
  body: writeBody(
    [
      `${invitation.inviterEmail} invited you to join ${invitation.legalName} as ${invitation.role}.`,
      `To accept, open the link below by ${toMinute(invitation.expiresAt)}. The link works once.`,
      'If you did not expect this invitation, ignore this email.',
    ],
    `${portalUrl}/invitation#token=${invitation.token}`,
  ),
  isSecret: true,
  action: 'View invitation',
})
