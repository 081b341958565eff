import { networkOf, sourceOf } from '../../client-source.ts'
import { keepFairly, type Shares } from '../../keep-fairly.ts'
import type { Observation } from './observation.ts'

/** More of one certificate are not kept in the store either. */
const mostPerCertificate = 200

/** A record with what it is kept by, so that a flood costs no more than it has to. */
interface Shelved {
  record: Observation
  /** In which order they came. */
  number: number
  organization: string
  /** Of the address. */
  network: string
  /** Whose newest are kept: a certificate, or what counts as one client. */
  one: string
}

const organization = (shelved: Shelved) => shelved.organization
const network = (shelved: Shelved) => shelved.network
const one = (shelved: Shelved) => shelved.one

const ofProven: Shares<Shelved> = {
  most: 16_000,
  mostOfOne: mostPerCertificate,
  levels: [organization, one],
}
const ofClaims: Shares<Shelved> = { most: 2000, mostOfOne: 10, levels: [organization, network, one] }
const ofUnattributed: Shares<Shelved> = { most: 2000, mostOfOne: 50, levels: [network, one] }

/**
 * Keeps records until they are written, each kind in a room of its own: what clients have proven, what they only claim
 * of an organization, and what is tied to none. Where a room is full, whoever has the most in it gives up first.
 */
export function createRecordShelves() {
  const proven = createShelf(ofProven)
  const claims = createShelf(ofClaims)
  const unattributed = createShelf(ofUnattributed)
  let number = 0

  return {
    count: () => proven.count() + claims.count() + unattributed.count(),
    /** Gives how many records had to make room for others. */
    add(record: Observation): number {
      number += 1
      const { organizationId, certificateId, clientAddress } = record
      const organization = organizationId ?? ''
      if (record.proven)
        return proven.add({ record, number, organization, network: '', one: certificateId ?? organization })
      const source = sourceOf(clientAddress)
      const network = networkOf(source)
      if (organizationId !== null)
        return claims.add({ record, number, organization, network, one: `${organization} ${source}` })
      return unattributed.add({ record, number, organization, network, one: source })
    },
    /** All of them, in the order of time. */
    list: (): Observation[] =>
      [proven, claims, unattributed].flatMap((shelf) => shelf.list()).sort((a, b) => a.at - b.at),
  }
}

function createShelf(shares: Shares<Shelved>) {
  const { most, mostOfOne } = shares
  // Once for many records that come: a flood must not be paid for by us.
  const mostBefore = most * 1.5
  let rows = new Map<string, Shelved[]>()
  let count = 0

  const makeRoom = (): number => {
    const all = [...rows.values()].flat().sort((a, b) => a.number - b.number)
    const kept = keepFairly(all, shares)
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
      if (own !== undefined && own.length > mostOfOne) {
        // The newest are kept in the store too.
        own.shift()
        count -= 1
      }
      return count > mostBefore ? makeRoom() : 0
    },
    list: (): Observation[] => [...rows.values()].flatMap((own) => own.map(({ record }) => record)),
  }
}
