import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import type { OcspResponder } from '../pki/status/ocsp-response.ts'
import type { MasterKey } from '../shapes/master-key.ts'
import type { Database } from '../storage/database.ts'
import { findHold } from '../storage/store-hold.ts'
import { findSharedResponder } from './shared-responder-store.ts'
import { assertCertifies, toResponder } from './to-responder.ts'

/** An issuer whose responders are used. */
interface ServedIssuer {
  id: string
  certificateDer: Uint8Array
}

/** The dependencies of responders that another process makes. */
export interface SharedResponderDependencies {
  database: Pick<Database, 'queries'>
  /** Opens the keys of responders, and nothing else in the store. */
  publicationKey: MasterKey
  clock: Clock
}

/**
 * Opens the OCSP responders that a portal makes and shares. They are read from the store before they are needed, by
 * `follow`; while it is unavailable, those that are known stay in use until they expire.
 */
export function openSharedResponders({ database, publicationKey, clock }: SharedResponderDependencies) {
  const present = new Map<string, OcspResponder>()
  let isHeld = false

  return {
    /**
     * Reads the newest responder of an issuer. There is none while the store is held after a
     * restore. Throws `master_key_wrong`, `record_not_authentic`, and the store's errors.
     */
    async follow(issuer: ServedIssuer): Promise<void> {
      isHeld = (await findHold(database.queries)) !== undefined
      if (isHeld) return void present.clear()
      const found = await findSharedResponder(database.queries, publicationKey, issuer.id, clock.now())
      if (found === undefined) return
      assertCertifies(found.certificateDer, found.key, issuer)
      present.set(issuer.id, await toResponder(found, found.certificateDer))
    },

    /** Returns the responder of an issuer. Throws `issuer_unavailable` without a valid one. */
    async open({ id }: ServedIssuer): Promise<OcspResponder> {
      const responder = present.get(id)
      if (responder !== undefined && responder.notAfter > clock.now()) return responder
      throw new PosternError(
        'issuer_unavailable',
        isHeld
          ? 'The store was restored from a backup, and nothing is signed until an operator decides.'
          : 'The portal has not made an OCSP responder of this issuer that is still valid. Start it, with the same POSTERN_PUBLICATION_KEY.',
      )
    },

    /** Returns when the responder of an issuer expires; undefined without a valid one. */
    findEnd(issuerId: string): number | undefined {
      const notAfter = present.get(issuerId)?.notAfter
      return notAfter !== undefined && notAfter > clock.now() ? notAfter : undefined
    },
  }
}

export type SharedResponders = ReturnType<typeof openSharedResponders>
