/** A membership that ends. */
export interface EndedMembership {
  id: string
  organizationId: string
  userId: string
  /** Whether the member left, and nobody else ended it. */
  hasLeft: boolean
}
