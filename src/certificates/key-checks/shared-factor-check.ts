import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { PosternError } from '../../errors.ts'
import { bitString, integer, nullValue, oid, sequence } from '../../pki/der/der-writer.ts'
import { oids } from '../../pki/der/oids.ts'
import type { RsaNumbers } from '../../pki/key/public-key.ts'
import type { FactorComparison } from '../../pki/key/shared-factor.ts'
import { type BlockComparison, compareBlocks } from './compare-blocks.ts'
import type { KeyBlock, SeenKeyStore, SeenPlace } from './seen-key-store.ts'

/** Up to so many blocks are compared where the request is answered: some milliseconds. */
const fewBlocks = 4
/** How many blocks are in memory at a time: 2 MiB for keys of 2048 bits. */
const blocksAtOnce = 32
/** The newest million keys; a comparison with all of them takes some ten seconds. */
const mostBlocks = 4096

type Compare = (comparison: BlockComparison) => FactorComparison | Promise<FactorComparison>

/** Compares RSA keys with every other that was seen here, and remembers them. */
export interface SharedFactorCheck {
  /** Throws `key_shared_factor` where a key has a prime in common with another that was seen. */
  assertSharesNone(key: RsaNumbers): Promise<void>
}

/**
 * Makes the check. Comparisons wait for each other; those with more than a few blocks run on a thread of
 * their own. `onShared` is told, for the operator alone, which other keys are broken by it, by the SHA-256 of
 * their SubjectPublicKeyInfo.
 */
export function createSharedFactorCheck(
  seen: SeenKeyStore,
  onShared: (publicKeySha256: readonly string[]) => void,
): SharedFactorCheck {
  let last: Promise<unknown> = Promise.resolve()
  return {
    async assertSharesNone(key) {
      const turn = last.then(() => findSharing(seen, key))
      last = turn.catch(() => undefined)
      const sharing = await turn
      if (sharing.length === 0) return
      onShared(sharing.map(hashPublicKey))
      throw new PosternError(
        'key_shared_factor',
        'This RSA key has a prime in common with another one, so its private key can be worked out: the program or device that made it has too little randomness. Make a new key on another machine and a new CSR.',
      )
    },
  }
}

/**
 * The keys that share a prime with one, which is remembered in any case. Of two that come at the same
 * time, the later one sees the earlier: adding gives what has come since the comparison.
 */
async function findSharing(seen: SeenKeyStore, key: RsaNumbers): Promise<RsaNumbers[]> {
  const newest = await seen.findLastBlock()
  const oldest = Math.max(newest - mostBlocks, 0) + 1
  const thread = newest > fewBlocks ? openThread() : undefined
  try {
    const { isKnown, sharing, place } = await compareAll(seen, key, oldest, thread?.compare ?? compareBlocks)
    if (isKnown) return sharing
    const newer = await seen.add(key, place)
    return [...sharing, ...compareBlocks(toComparison(key, newer)).sharing]
  } finally {
    await thread?.close()
  }
}

async function compareAll(seen: SeenKeyStore, key: RsaNumbers, oldest: number, compare: Compare) {
  const result = { isKnown: false, sharing: [] as RsaNumbers[], place: { block: 0, count: 0 } as SeenPlace }
  for (let next = oldest; ; ) {
    const blocks = await seen.listFrom(next, blocksAtOnce)
    const end = blocks.at(-1)
    if (end === undefined) return result
    const { isKnown, sharing } = await compare(toComparison(key, blocks))
    result.isKnown ||= isKnown
    result.sharing.push(...sharing)
    result.place = end
    next = end.block + 1
  }
}

const toComparison = (key: RsaNumbers, blocks: readonly KeyBlock[]): BlockComparison => ({
  key,
  blocks: blocks.map(({ keys }) => keys),
})

function hashPublicKey({ modulus, exponent }: RsaNumbers): string {
  const key = bitString(sequence(integer(modulus), integer(exponent)))
  const spki = sequence(sequence(oid(oids.rsaEncryption), nullValue), key)
  return createHash('sha256').update(spki).digest('hex')
}

function openThread() {
  const worker = new Worker(new URL('./compare-worker.ts', import.meta.url))
  return {
    async compare(comparison: BlockComparison): Promise<FactorComparison> {
      worker.postMessage(comparison)
      const [answer] = await once(worker, 'message')
      return answer
    },
    close: () => worker.terminate(),
  }
}
