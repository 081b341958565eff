/** Limits for the emails that an organization causes. */
export interface EmailLimits {
  /** Per hour, to its members and to the operators. */
  perHour: number
  /** Per hour, to addresses without a user account. */
  externalPerHour: number
  /** Per day, to one member. */
  perRecipientPerDay: number
  /** Per day, to one address without a user account. */
  externalPerRecipientPerDay: number
}

/** The limits if the configuration sets none. */
export const defaultEmailLimits: EmailLimits = {
  perHour: 200,
  externalPerHour: 20,
  perRecipientPerDay: 200,
  externalPerRecipientPerDay: 5,
}
