/** The parameters of the key derivation of PKCS#12. */
interface Derivation {
  hash: 'SHA-1' | 'SHA-256'
  /** RFC 7292, appendix B.3: 1 gives a key, 2 an IV, 3 a key for the MAC. */
  purpose: 1 | 2 | 3
  passphrase: string
  salt: Uint8Array
  iterations: number
  /** Octets. */
  length: number
}

/** The block that both hashes work on, octets. */
const blockOctets = 64

/** Returns key material from a passphrase (RFC 7292, appendix B.2). */
export async function derivePkcs12Key(derivation: Derivation): Promise<Uint8Array> {
  const { hash, purpose, passphrase, salt, iterations, length } = derivation
  const diversifier = new Uint8Array(blockOctets).fill(purpose)
  const input = concatenate(fillBlocks(salt), fillBlocks(toBmpString(passphrase)))
  const derived: number[] = []
  while (derived.length < length) {
    let block: Uint8Array<ArrayBuffer> = concatenate(diversifier, input)
    for (let round = 0; round < iterations; round += 1)
      block = new Uint8Array(await crypto.subtle.digest(hash, block))
    derived.push(...block)
    addToBlocks(input, fillBlocks(block).subarray(0, blockOctets))
  }
  return Uint8Array.from(derived.slice(0, length))
}

/** Returns UTF-16BE with a final NUL (RFC 7292, appendix B.1). */
function toBmpString(text: string): Uint8Array {
  return Uint8Array.from([...`${text}\0`].flatMap((character) => codeUnits(character)))
}

function codeUnits(character: string): number[] {
  return Array.from({ length: character.length }, (_, index) => character.charCodeAt(index)).flatMap(
    (unit) => [unit >> 8, unit & 0xff],
  )
}

/** Returns as many whole blocks as `bytes` needs, filled with `bytes` again and again. */
function fillBlocks(bytes: Uint8Array): Uint8Array {
  const filled = new Uint8Array(blockOctets * Math.ceil(bytes.length / blockOctets))
  return filled.map((_, index) => bytes[index % bytes.length] as number)
}

/** Adds `addend` and 1 to each block, as big-endian numbers of that size. */
function addToBlocks(blocks: Uint8Array, addend: Uint8Array): void {
  for (let start = 0; start < blocks.length; start += blockOctets) {
    let carry = 1
    for (let index = blockOctets - 1; index >= 0; index -= 1) {
      carry += (blocks[start + index] as number) + (addend[index] as number)
      blocks[start + index] = carry & 0xff
      carry >>= 8
    }
  }
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}
