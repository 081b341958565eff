import type { Issuer, IssuerStore } from '../authority/issuer-store.ts'
import { listIssuing } from '../authority/list-issuing.ts'
import { shareResponderKeys } from '../signer/ocsp-responder-store.ts'
import type { BaseDependencies } from './portal-ground.ts'

interface ResponderCareNeeds {
  issuers: Pick<IssuerStore, 'find' | 'listIds'>
  openResponder(issuer: Issuer): Promise<unknown>
  onFailure(what: string, error: unknown): void
}

/**
 * Returns a function that makes the OCSP responders of all issuing CAs before they are needed, and shares their keys
 * with processes that only publish. A CA whose key is away does not affect the others. It does nothing if no other
 * process publishes.
 */
export function createResponderCare(
  { database, keys, clock }: Pick<BaseDependencies, 'database' | 'keys' | 'clock'>,
  { issuers, openResponder, onFailure }: ResponderCareNeeds,
): () => Promise<void> {
  const { authorityKey, publicationKey } = keys
  /** Portals with different publication keys would otherwise seal the keys of each other again all the time. */
  const compared = new Set<string>()
  return async () => {
    if (publicationKey === null) return
    for (const issuer of await listIssuing(issuers, clock.now())) {
      try {
        await openResponder(issuer)
      } catch (error) {
        onFailure('make-ocsp-responder', error)
      }
      const again = !compared.has(issuer.id)
      await shareResponderKeys(
        database,
        { authorityKey, publicationKey },
        { issuerId: issuer.id, again, now: clock.now() },
      )
      compared.add(issuer.id)
    }
  }
}
