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
