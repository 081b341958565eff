import { hash, timingSafeEqual } from 'node:crypto'
import type { Client } from '../shapes/client.ts'

const noSecret = [{ sha256: new Uint8Array(32), expiresAt: null }]

/**
 * Returns whether `secret` is one of the client's secrets that are valid at `now`. An unknown client or one
 * without a secret costs the same work, so that timing reveals nothing.
 */
export function isClientSecret(client: Client | undefined, secret: string, now: number): boolean {
  const given = hash('sha256', secret, 'buffer')
  const secrets = client !== undefined && client.secrets.length > 0 ? client.secrets : noSecret
  let matches = false
  for (const { sha256, expiresAt } of secrets) {
    const same = sha256.length === given.length && timingSafeEqual(sha256, given)
    if (same && (expiresAt === null || now < expiresAt)) matches = true
  }
  return matches && client !== undefined && secrets !== noSecret
}
