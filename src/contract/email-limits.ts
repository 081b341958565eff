/** Limits for the emails that an organization causes. */
export interface EmailLimits {
  /** Per hour, to its members and to the operators. */
  perHour: number
  /** Per hour, to addresses without a user account. */
  outsidePerHour: number
  /** Per day, to one member. */
  perRecipientAndDay: number
  /** Per day, to one address without a user account. */
  outsidePerRecipientAndDay: number
}

/** The limits if the configuration sets none. */
export const defaultEmailLimits: EmailLimits = {
  perHour: 200,
  outsidePerHour: 20,
  perRecipientAndDay: 200,
  outsidePerRecipientAndDay: 5,
}
