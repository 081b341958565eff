/** How many letters an organization may cause. */
export interface LetterLimits {
  /** In each hour, to its members and to the operators. */
  perHour: number
  /** In each hour, to addresses that are nobody's who signs in here. */
  outsidePerHour: number
  /** In each day, to one member. */
  perRecipientAndDay: number
  /** In each day, to one such address. */
  outsidePerRecipientAndDay: number
}

/** What a configuration that says nothing allows. */
export const defaultLetterLimits: LetterLimits = {
  perHour: 200,
  outsidePerHour: 20,
  perRecipientAndDay: 200,
  outsidePerRecipientAndDay: 5,
}
