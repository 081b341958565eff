import { getClientSource } from '../client-source.ts'
import type { Clock } from '../clock.ts'
import { PosternError } from '../errors.ts'
import { isInRanges } from '../network-range.ts'
import type { ApiKeyHolder } from '../shapes/api-key-holder.ts'
import { hashApiKey, isApiKey } from './api-key-secret.ts'
import type { ApiKeyUseStore, FoundApiKey } from './api-key-use-store.ts'

/** The rate of wrong keys from one address. */
interface AttemptPace {
  millisecondsLeft(key: string, now: number): number
  begin(key: string, now: number): void
  fail(key: string, now: number): void
  takeBack(key: string): void
}

interface Dependencies {
  uses: Pick<ApiKeyUseStore, 'find' | 'note'>
  pace: AttemptPace
  clock: Clock
  /** Milliseconds of a clock that no correction moves. */
  elapsed?: () => number
}

/** How long a key that was read is not read again: a deleted key works this long at most. */
const freshMs = 500
const maxEntries = 10_000

interface Entry {
  readAt: number
  reading: Promise<FoundApiKey | undefined>
  /** Set once the key was found; it stays when the entry is old. */
  id?: string
}

/**
 * Creates the check of presented API keys. A key is read by one query at most twice a second, whatever the number of
 * requests. A wrong form or checksum costs no query. Further unknown keys from an address wait; keys that are known
 * from a request before do not wait with them.
 */
export function createApiKeyCheck({ uses, pace, clock, elapsed = () => performance.now() }: Dependencies) {
  const entries = new Map<string, Entry>()

  const keep = (hash: string, entry: Entry): void => {
    entries.delete(hash)
    entries.set(hash, entry)
    if (entries.size > maxEntries) entries.delete(entries.keys().next().value ?? '')
  }
  const read = (hash: string): Promise<FoundApiKey | undefined> => {
    const present = entries.get(hash)
    if (present !== undefined && elapsed() - present.readAt < freshMs) {
      keep(hash, present)
      return present.reading
    }
    const entry: Entry = { ...present, readAt: elapsed(), reading: uses.find(hash) }
    keep(hash, entry)
    entry.reading.then(
      (found) => {
        if (found === undefined) entries.delete(hash)
        else entry.id = found.id
      },
      () => entries.delete(hash),
    )
    return entry.reading
  }

  return {
    /** Returns the id of a key that was found before, without a query. */
    identify: (text: string): string | undefined =>
      isApiKey(text) ? entries.get(hashApiKey(text))?.id : undefined,

    /**
     * Returns the key with this secret. `client` is undefined for a request that was checked when it began. Throws
     * `api_key_invalid`, `api_key_expired`, `api_key_network`, or `too_many_requests` after too many wrong keys.
     */
    async find(text: string, client: { address: string; isOwn: boolean } | undefined): Promise<ApiKeyHolder> {
      if (!isApiKey(text)) throw invalid('It is not complete, or mistyped: its checksum does not fit.')
      const hash = hashApiKey(text)
      // It was found before, or is being read: only the first request of a burst counts as an attempt.
      const isPresent = entries.has(hash)
      const paced = isPresent || !client?.isOwn ? undefined : getClientSource(client.address)
      const found = await (paced === undefined ? read(hash) : readPaced(hash, paced))
      if (found === undefined) throw invalid('It was deleted, or never existed.')
      const { expiresAt, networks, ...holder } = found
      if (expiresAt <= clock.now()) throw expired(expiresAt)
      if (client !== undefined && networks !== null && !isInRanges(networks, client.address))
        throw outside(client.address)
      uses.note(found.id)
      return holder
    },
  }

  async function readPaced(hash: string, address: string): Promise<FoundApiKey | undefined> {
    const left = pace.millisecondsLeft(address, clock.now())
    if (left > 0) throw tooMany(left)
    pace.begin(address, clock.now())
    const found = await read(hash).catch((error) => {
      pace.takeBack(address)
      throw error
    })
    if (found === undefined) pace.fail(address, clock.now())
    else pace.takeBack(address)
    return found
  }
}

const invalid = (why: string) =>
  new PosternError(
    'api_key_invalid',
    `The API key is not valid. ${why} Use a key from the list in the portal.`,
  )

const expired = (at: number) =>
  new PosternError(
    'api_key_expired',
    `The secret of this API key expired on ${new Date(at).toISOString()}. Rotate the key, or create another one.`,
  )

const outside = (address: string) =>
  new PosternError(
    'api_key_network',
    `This API key does not work from ${address}. Use it from one of its networks, or create a key for this one.`,
  )

function tooMany(milliseconds: number): PosternError {
  const seconds = Math.ceil(milliseconds / 1000)
  return new PosternError(
    'too_many_requests',
    `Too many unknown API keys came from this address. Wait ${seconds} s and try again.`,
    { retryAfterSeconds: seconds },
  )
}
