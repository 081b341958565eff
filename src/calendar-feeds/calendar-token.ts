import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const pattern = /^[\w-]{43}$/

/** Creates the secret part of an address: 256 random bits in base64url. */
export const createCalendarToken = (): string => randomBytes(32).toString('base64url')

/** Returns the stored hash of a secret; a plain hash suffices for 256 random bits. */
export const hashCalendarToken = (token: string): string =>
  createHash('sha256').update(token).digest('base64url')

/** Returns whether a text has the form of a secret; anything else needs no query. */
export const isCalendarToken = (text: string): boolean => pattern.test(text)

/** Returns whether two hashes are the same, in the same time whatever they are. */
export const isSameHash = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
