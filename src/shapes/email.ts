/** An email to one recipient. */
export interface Email {
  /** An email with the same key is queued once. */
  key: string
  organizationId: string | null
  recipient: string
  subject: string
  body: string
  /** What the button to the link in the body says, an imperative; `Open in the portal` if not given. */
  action?: string
  /**
   * The cause of the email: an email that a customer causes counts against the budget of its organization.
   * Defaults to customer.
   */
  cause?: 'customer' | 'operator'
  /** Whether it reports the end of something in use: members then get it from a reserve. */
  isImportant?: boolean
  /** Whether its writer looks for other recipients if it is withheld. */
  hasNextRecipients?: boolean
  /** Whether its recipient may unsubscribe from emails of its kind. */
  mayUnsubscribe?: boolean
  /** Whether the text contains a secret: nobody reads it in the portal, and it is deleted once it has been sent. */
  isSecret?: boolean
}

/** Returns the body of an email: its lines, the link and the sender. */
export const writeBody = (lines: readonly string[], link: string): string =>
  ['Hello,', '', ...lines, '', link, '', 'Postern'].join('\n')
