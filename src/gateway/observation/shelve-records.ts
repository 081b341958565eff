import { getClientNetwork, getClientSource } from '../../client-source.ts'
import { keepFairShares, type Shares } from '../../keep-fair-shares.ts'
import type { Observation } from './observation.ts'

/** The store keeps no more events per certificate either. */
const maxPerCertificate = 200

/** An event with its retention keys, so that a flood has minimal cost. */
interface Shelved {
  record: Observation
  /** The order of arrival. */
  number: number
  organization: string
  /** The limit key of the address. */
  network: string
  /** The key by which the latest are kept: a certificate, or one client. */
  one: string
}

const organization = (shelved: Shelved) => shelved.organization
const network = (shelved: Shelved) => shelved.network
const one = (shelved: Shelved) => shelved.one

const ofProven: Shares<Shelved> = {
  most: 16_000,
  maxOfOne: maxPerCertificate,
  levels: [organization, one],
}
const ofClaims: Shares<Shelved> = { most: 2000, maxOfOne: 10, levels: [organization, network, one] }
const ofUnattributed: Shares<Shelved> = { most: 2000, maxOfOne: 50, levels: [network, one] }

/**
 * Keeps events until they are written, each kind with its own limit: authenticated events, claims about an
 * organization, and unattributed events. When a limit is reached, the key with the most events loses some
 * first.
 */
export function createRecordShelves() {
  const proven = createShelf(ofProven)
  const claims = createShelf(ofClaims)
  const unattributed = createShelf(ofUnattributed)
  let number = 0

  return {
    count: () => proven.count() + claims.count() + unattributed.count(),
    /** Returns how many events had to be dropped for others. */
    add(record: Observation): number {
      number += 1
      const { organizationId, certificateId, clientAddress } = record
      const organization = organizationId ?? ''
      if (record.proven)
        return proven.add({ record, number, organization, network: '', one: certificateId ?? organization })
      const source = getClientSource(clientAddress)
      const network = getClientNetwork(source)
      if (organizationId !== null)
        return claims.add({ record, number, organization, network, one: `${organization} ${source}` })
      return unattributed.add({ record, number, organization, network, one: source })
    },
    /** Returns all events in the order of time. */
    list: (): Observation[] =>
      [proven, claims, unattributed].flatMap((shelf) => shelf.list()).sort((a, b) => a.at - b.at),
  }
}

function createShelf(shares: Shares<Shelved>) {
  const { most, maxOfOne } = shares
  // Once for many new events: a flood must not cost the gateway more.
  const maxBefore = most * 1.5
  let rows = new Map<string, Shelved[]>()
  let count = 0

  const makeRoom = (): number => {
    const all = [...rows.values()].flat().sort((a, b) => a.number - b.number)
    const kept = keepFairShares(all, shares)
    rows = Map.groupBy(kept, one)
    count = kept.length
    return all.length - count
  }

  return {
    count: () => count,
    add(shelved: Shelved): number {
      const own = rows.get(shelved.one)
      if (own === undefined) rows.set(shelved.one, [shelved])
      else own.push(shelved)
      count += 1
      if (own !== undefined && own.length > maxOfOne) {
        // The store also keeps the latest.
        own.shift()
        count -= 1
      }
      return count > maxBefore ? makeRoom() : 0
    },
    list: (): Observation[] => [...rows.values()].flatMap((own) => own.map(({ record }) => record)),
  }
}
