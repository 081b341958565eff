import { createHash, randomBytes } from 'node:crypto'

/** Returns the token of an invitation, 256 random bits in base64url. */
export const createInvitationToken = (): string => randomBytes(32).toString('base64url')

/** Returns what the store has of a token; a plain hash suffices for 256 random bits. */
export const hashInvitationToken = (token: string): string =>
  createHash('sha256').update(token).digest('base64url')
