/** Why somebody gets a letter about a certificate. */
export const recipientRoles = ['contact', 'submitter', 'member', 'admin'] as const
export type RecipientRole = (typeof recipientRoles)[number]

/** Who gets a letter. */
export interface Recipient {
  email: string
  role: RecipientRole
}
