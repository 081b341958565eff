import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { PosternError } from '../../errors.ts'
import { bitString, integer, nullValue, oid, sequence } from '../../pki/der/der-writer.ts'
import { oids } from '../../pki/der/oids.ts'
import type { RsaNumbers } from '../../pki/key/public-key.ts'
import type { FactorComparison } from '../../pki/key/shared-factor.ts'
import { type BlockComparison, compareBlocks } from './compare-blocks.ts'
import type { KeyBlock, UsedKeyPlace, UsedKeyStore } from './used-key-store.ts'

/** Up to this many blocks are compared in the request's own thread: some milliseconds. */
const fewBlocks = 4
/** Number of blocks in memory at a time: 2 MiB for 2048-bit keys. */
const blocksAtOnce = 32
/** The latest million keys; a comparison with all of them takes some ten seconds. */
const maxBlocks = 4096

type Compare = (comparison: BlockComparison) => FactorComparison | Promise<FactorComparison>

/** Compares RSA keys with all previously used keys, and stores them. */
export interface SharedFactorCheck {
  /** Throws `key_shared_factor` if a key has a prime in common with a previously used key. */
  assertSharesNone(key: RsaNumbers): Promise<void>
}

/**
 * Creates the check. Comparisons run one after the other; those with more than a few blocks run on a separate
 * thread. `onShared` receives, for the operator only, the SHA-256 of the SubjectPublicKeyInfo of the other
 * broken keys.
 */
export function createSharedFactorCheck(
  seen: UsedKeyStore,
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
 * Returns the keys that share a prime with a key, which is stored in any case. Of two concurrent keys, the
 * later one sees the earlier: adding returns the keys stored since the comparison.
 */
async function findSharing(seen: UsedKeyStore, key: RsaNumbers): Promise<RsaNumbers[]> {
  const newest = await seen.findLastBlock()
  const oldest = Math.max(newest - maxBlocks, 0) + 1
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

async function compareAll(seen: UsedKeyStore, key: RsaNumbers, oldest: number, compare: Compare) {
  const result = {
    isKnown: false,
    sharing: [] as RsaNumbers[],
    place: { block: 0, count: 0 } as UsedKeyPlace,
  }
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
