import type { RsaNumbers } from '../../pki/key/public-key.ts'
import { compareFactors, type FactorComparison } from '../../pki/key/shared-factor.ts'
import { readKeys } from './rsa-key-block.ts'

/** A key, and blocks of other keys to compare it with. */
export interface BlockComparison {
  key: RsaNumbers
  blocks: readonly Uint8Array[]
}

/**
 * Compares a key with those of some blocks. If a block shares a prime with it, that block is compared key by
 * key.
 */
export function compareBlocks({ key, blocks }: BlockComparison): FactorComparison {
  const compared = blocks.map((block) => compareFactors(key, readKeys(block)))
  return {
    isKnown: compared.some(({ isKnown }) => isKnown),
    sharing: compared.flatMap(({ sharing }) => sharing),
  }
}
