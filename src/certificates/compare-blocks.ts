import { compareFactors, type FactorComparison } from '../pki/shared-factor.ts'
import { readModuli } from './modulus-block.ts'

/** A modulus and blocks of others to compare it with. */
export interface BlockComparison {
  modulus: bigint
  blocks: readonly Uint8Array[]
}

/** How a modulus stands to those of some blocks. Where there is a prime in common, one block is looked at key by key. */
export function compareBlocks({ modulus, blocks }: BlockComparison): FactorComparison {
  const compared = blocks.map((block) => compareFactors(modulus, readModuli(block)))
  return {
    isKnown: compared.some(({ isKnown }) => isKnown),
    sharing: compared.flatMap(({ sharing }) => sharing),
  }
}
