/**
 * The CA for client certificates of webhooks issues nothing in so many milliseconds before its end: a new one issues then,
 * which endpoints do not trust yet.
 */
export const outgoingCaRestMs = 365 * 86_400_000
