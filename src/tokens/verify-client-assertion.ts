import type { Client } from '../shapes/client.ts'
import type { ClientAssertion } from './read-client-assertion.ts'
import { isSignedBy } from './verify-signature.ts'

/**
 * Returns whether a key of the client has signed the assertion. Without `kid` each key of the right algorithm
 * is tried.
 */
export async function isAssertionSigned(
  client: Client | undefined,
  { header: { alg, kid }, signed, signature }: ClientAssertion,
): Promise<boolean> {
  const keys = client?.keys.filter((key) => key.algorithm === alg && (kid === undefined || key.id === kid))
  for (const key of keys ?? []) if (await isSignedBy(key, signed, signature)) return true
  return false
}
