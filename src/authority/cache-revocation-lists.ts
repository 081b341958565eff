import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { formatListName, type RevocationListId } from '../pki/status/revocation-list-name.ts'
import type { Issuer, IssuerStore } from './issuer-store.ts'
import type { PublishedList, RevocationListStore } from './revocation-list-store.ts'

/** A CRL that is served from memory, or read in chunks. */
export interface ServedList {
  list: PublishedList
  body: Uint8Array | AsyncIterable<Uint8Array>
}

interface Kept {
  list: PublishedList
  der: Uint8Array
}

/** CRLs with a million certificates take about 40 MB. */
const maxOctets = 64 * 1024 * 1024
/** How long to wait for a store that does not answer if a copy in memory can be served. */
const patienceMs = 2000

/**
 * Serves published data from the store, or the last copy while the store is unavailable and the copy is
 * valid. A copy is replaced only by a newer one of the same name: when the space is used up, further CRLs are
 * served from the store only.
 */
export function cacheRevocationLists(
  { issuers, lists, clock }: { issuers: IssuerStore; lists: RevocationListStore; clock: Clock },
  { octets = maxOctets, patience = patienceMs } = {},
) {
  const kept = new Map<string, Kept>()
  const reading = new Map<string, Promise<Kept | undefined>>()
  let used = 0
  let root: Issuer | undefined

  const forget = (name: string): void => {
    used -= kept.get(name)?.der.length ?? 0
    kept.delete(name)
  }
  const keep = async (name: string, list: PublishedList): Promise<Kept | undefined> => {
    if (used - (kept.get(name)?.der.length ?? 0) + list.size > octets) {
      forget(name)
      return undefined
    }
    // Reserved before reading, so that concurrent reads fit too.
    used += list.size
    const pieces: Uint8Array[] = []
    try {
      for await (const piece of lists.readChunks(list)) pieces.push(piece)
    } catch (error) {
      used -= list.size
      throw error
    }
    const one = { list, der: new Uint8Array(Buffer.concat(pieces)) }
    if ((kept.get(name)?.list.number ?? 0) > list.number) used -= list.size
    else {
      forget(name)
      kept.set(name, one)
    }
    return one
  }
  /** The first request reads a CRL, and concurrent requests share it. */
  const readOnce = (name: string, list: PublishedList): Promise<Kept | undefined> => {
    const key = `${name} ${list.number}`
    const present = reading.get(key)
    if (present !== undefined) return present
    const begun = keep(name, list).finally(() => reading.delete(key))
    reading.set(key, begun)
    return begun
  }
  const readList = async (id: RevocationListId): Promise<ServedList | undefined> => {
    const name = formatListName(id)
    const list = await lists.find(id)
    if (list === undefined) return undefined
    const present = kept.get(name)
    if (present !== undefined && present.list.number === list.number) return served(present)
    const one = await readOnce(name, list)
    return one === undefined ? { list, body: await begin(lists.readChunks(list)) } : served(one)
  }

  return {
    findList(id: RevocationListId): Promise<ServedList | undefined> {
      const last = kept.get(formatListName(id))
      const isValid = last !== undefined && last.list.nextUpdate > clock.now()
      return orLast(readList(id), isValid ? served(last) : undefined, patience)
    },
    findIssuer: (id: string) => issuers.find(id),
    async findRoot(): Promise<Issuer | undefined> {
      root = await orLast(issuers.findRoot(), root, patience)
      return root
    },
    /** Returns when the first of the CRLs in memory expires; undefined without any. */
    findEnd(): number | undefined {
      return kept.size === 0 ? undefined : Math.min(...[...kept.values()].map(({ list }) => list.nextUpdate))
    },
    /** Reads everything published now, so that it can be served while the store is unavailable. */
    async refresh(): Promise<void> {
      root = await issuers.findRoot()
      for (const id of await lists.listPublished()) {
        await issuers.find(id.issuerId)
        await readList(id)
      }
    },
  }
}

export type CachedRevocationLists = ReturnType<typeof cacheRevocationLists>

const served = ({ list, der }: Kept): ServedList => ({ list, body: der })

/** Returns the result of `read`, or `last` if it fails or takes too long. */
async function orLast<T>(read: Promise<T>, last: T | undefined, patience: number): Promise<T> {
  if (last === undefined) return read
  const gone = new AbortController()
  const late = wait(patience, last, { ref: false, signal: gone.signal })
  late.catch(() => {})
  try {
    return await Promise.race([read, late])
  } catch {
    return last
  } finally {
    gone.abort()
  }
}

/** Returns the same chunks after reading the first one, so that an early failure gets an error status. */
async function begin(pieces: AsyncGenerator<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const first = await pieces.next()
  return (async function* () {
    if (first.done !== true) yield first.value
    yield* pieces
  })()
}
