import { createHmac, randomBytes } from 'node:crypto'

const secretOctets = 32
const prefix = 'whsec_'

/** What is signed of one try. */
export interface SignedMessage {
  id: string
  /** Seconds since 1970. */
  timestamp: number
  body: string
}

/** Creates the bytes of a secret. */
export const createWebhookSecret = (): Uint8Array => new Uint8Array(randomBytes(secretOctets))

/** Returns a secret as receivers enter it. */
export const formatWebhookSecret = (secret: Uint8Array): string =>
  `${prefix}${Buffer.from(secret).toString('base64')}`

/**
 * Returns the headers of a message, signed with each secret (Standard Webhooks 1.0.0): a receiver accepts the message
 * if one of the signatures fits.
 */
export function signMessage(
  secrets: readonly Uint8Array[],
  { id, timestamp, body }: SignedMessage,
): Record<string, string> {
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  )
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  }
}
