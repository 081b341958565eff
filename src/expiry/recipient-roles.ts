/** Why somebody gets a letter about a certificate. */
export const recipientRoles = ['contact', 'submitter', 'team', 'member', 'admin'] as const
export type RecipientRole = (typeof recipientRoles)[number]

/** Who gets a letter. */
export interface Recipient {
  email: string
  role: RecipientRole
  /** Whether the person has unsubscribed, and gets it because nobody else would. */
  isUnsubscribed: boolean
}
