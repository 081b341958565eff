/** A letter to one person. */
export interface Letter {
  /** The same key is written once, however often it is asked for. */
  key: string
  organizationId: string | null
  recipient: string
  subject: string
  body: string
  /** Who has caused it: what a customer causes counts against the budget of its organization. A customer where not given. */
  cause?: 'customer' | 'operator'
  /** Whether it tells of the end of something in use: members then get it from a reserve. */
  isImportant?: boolean
}

/** The body of every letter: what it says, where to go on, and who writes. */
export const writeBody = (lines: readonly string[], link: string): string =>
  ['Hello,', '', ...lines, '', link, '', 'Postern'].join('\n')
