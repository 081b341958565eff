import { networkOf, sourceOf } from '../client-source.ts'
import { keepFairly, type Shares } from '../keep-fairly.ts'
import type { Observation } from './telemetry.ts'

/** More of one certificate are not kept in the store either. */
const mostPerCertificate = 200

const organization = ({ organizationId }: Observation) => organizationId ?? ''
const certificate = ({ certificateId }: Observation) => certificateId ?? ''
const network = ({ clientAddress }: Observation) => networkOf(sourceOf(clientAddress))
const source = ({ clientAddress }: Observation) => sourceOf(clientAddress)

const ofProven: Shares<Observation> = {
  most: 16_000,
  mostOfOne: mostPerCertificate,
  levels: [organization, certificate],
}
const ofClaims: Shares<Observation> = { most: 2000, mostOfOne: 10, levels: [organization, network, source] }
const ofUnattributed: Shares<Observation> = { most: 2000, mostOfOne: 50, levels: [network, source] }

/**
 * Keeps records until they are written, each kind in a room of its own: what clients have proven, what they only claim
 * of an organization, and what is tied to none. Where a room is full, whoever has the most in it gives up first.
 */
export function createRecordShelves() {
  const proven = createShelf(ofProven)
  const claims = createShelf(ofClaims)
  const unattributed = createShelf(ofUnattributed)

  return {
    count: () => proven.count() + claims.count() + unattributed.count(),
    /** Gives how many records had to make room for others. */
    add(record: Observation): number {
      if (record.proven) return proven.add(record, certificate(record) || organization(record))
      if (record.organizationId !== null)
        return claims.add(record, `${record.organizationId} ${source(record)}`)
      return unattributed.add(record, source(record))
    },
    /** All of them, in the order of time. */
    list: (): Observation[] =>
      [proven, claims, unattributed].flatMap((shelf) => shelf.list()).sort((a, b) => a.at - b.at),
  }
}

function createShelf(shares: Shares<Observation>) {
  const { most, mostOfOne } = shares
  let rows = new Map<string, Observation[]>()
  let count = 0

  // Once for many records that come, so that a flood is not paid for by us.
  const makeRoom = (): number => {
    const all = [...rows].flatMap(([key, own]) => own.map((record) => ({ key, record })))
    all.sort((a, b) => a.record.at - b.record.at)
    const kept = new Set(
      keepFairly(
        all.map(({ record }) => record),
        shares,
      ),
    )
    const left = all.filter(({ record }) => kept.has(record))
    rows = new Map()
    for (const { key, record } of left) (rows.get(key) ?? newList(key)).push(record)
    const dropped = count - left.length
    count = left.length
    return dropped
  }
  const newList = (key: string): Observation[] => {
    const list: Observation[] = []
    rows.set(key, list)
    return list
  }

  return {
    count: () => count,
    add(record: Observation, key: string): number {
      const own = rows.get(key) ?? newList(key)
      own.push(record)
      count += 1
      if (own.length > mostOfOne) {
        // The newest are kept in the store too.
        own.shift()
        count -= 1
      }
      return count > most * 1.25 ? makeRoom() : 0
    },
    list: (): Observation[] => [...rows.values()].flat(),
  }
}
