import { createHash, createHmac } from 'node:crypto'

const pattern = /^[\w-]{43}$/

/** Returns whether a text has the form of a token; anything else needs no query. */
export const isUnsubscribeToken = (text: string): boolean => pattern.test(text)

/** Returns the stored hash of a token; a plain hash suffices for 256 bits that nobody can guess. */
export const hashUnsubscribeToken = (token: string): string =>
  createHash('sha256').update(token).digest('base64url')

/**
 * Returns what makes the token with which an address unsubscribes from the emails of an organization: always the same
 * one, so that each email of years has it and the store needs nothing but its hash.
 */
export const createUnsubscribeTokens =
  (sessionKey: string) =>
  (organizationId: string, address: string): string =>
    createHmac('sha256', sessionKey)
      .update(`unsubscribe\n${organizationId}\n${address.toLowerCase()}`)
      .digest('base64url')
