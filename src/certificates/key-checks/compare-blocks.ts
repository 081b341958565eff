import type { RsaNumbers } from '../../pki/key/public-key.ts'
import { compareFactors, type FactorComparison } from '../../pki/key/shared-factor.ts'
import { readKeys } from './rsa-key-block.ts'

/** A key and blocks of others to compare it with. */
export interface BlockComparison {
  key: RsaNumbers
  blocks: readonly Uint8Array[]
}

/** How a key stands to those of some blocks. Where there is a prime in common, one block is looked at key by key. */
export function compareBlocks({ key, blocks }: BlockComparison): FactorComparison {
  const compared = blocks.map((block) => compareFactors(key, readKeys(block)))
  return {
    isKnown: compared.some(({ isKnown }) => isKnown),
    sharing: compared.flatMap(({ sharing }) => sharing),
  }
}
