import { toPem } from '../../src/pki/text/pem.ts'
import { join } from './element-tree.ts'
import { mutateElements } from './mutate-elements.ts'
import { mutateText } from './mutate-text.ts'
import type { Random } from './random.ts'

/** The size up to which the limits of time and memory apply. */
export const maxInputOctets = 2 ** 20

const octets = [0, 1, 2, 0x1f, 0x30, 0x31, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xa0, 0xa3, 0xfe, 0xff]

/**
 * Returns a new input made from two known ones: with its elements, text or octets changed, sometimes enlarged
 * towards a mebibyte. Deterministic for the state of `random`.
 */
export function mutateInput(random: Random, seed: Uint8Array, other: Uint8Array): Uint8Array {
  let input = mutateOnce(random, seed, other)
  if (random.once(20)) input = mutateOnce(random, input, seed)
  if (random.once(400)) input = inflate(random, input)
  return input.subarray(0, maxInputOctets)
}

function mutateOnce(random: Random, seed: Uint8Array, other: Uint8Array): Uint8Array {
  const isDer = seed[0] !== undefined && seed[0] !== 0x2d && isElement(seed)
  const kind = random.below(10)
  if (isDer && kind < 7) {
    const der = mutateElements(random, seed, other)
    return random.once(200) ? new TextEncoder().encode(toPem('CERTIFICATE REQUEST', der)) : der
  }
  if (!isDer && kind < 7) return mutateText(random, seed, other)
  return mutateOctets(random, seed, other)
}

/**
 * Returns whether `bytes` start with a DER element of about their length, or a long one followed by others.
 */
function isElement(bytes: Uint8Array): boolean {
  const [tag = 0, length = 0] = bytes
  if (length < 0x80) return Math.abs(length + 2 - bytes.length) < 4
  return (tag === 0x30 || (tag & 0xe0) === 0xa0) && length < 0x85
}

function mutateOctets(random: Random, seed: Uint8Array, other: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(seed)
  const at = random.below(seed.length + 1)
  const length = 1 + random.below(random.once(3) ? 64 : 4)
  const before = seed.subarray(0, at)
  switch (random.below(7)) {
    case 0:
      return before
    case 1:
      return join([before, seed.subarray(at + length)])
    case 2:
      return join([before, new Uint8Array(length).fill(random.pick(octets)), seed.subarray(at)])
    case 3:
      return join([before, seed.subarray(at, at + length), seed.subarray(at)])
    case 4:
      return join([before, other.subarray(random.below(other.length + 1))])
    default:
      for (let count = 1 + random.below(4); count > 0 && seed.length > 0; count -= 1) {
        const position = random.below(seed.length)
        changed[position] = random.once(2)
          ? random.pick(octets)
          : (changed[position] as number) ^ (1 << random.below(8))
      }
      return changed
  }
}

/** Repeats some part of the input many times. */
function inflate(random: Random, input: Uint8Array): Uint8Array {
  const start = random.below(input.length + 1)
  const part = input.subarray(start, start + 1 + (random.once(2) ? random.below(4) : random.below(200)))
  if (part.length === 0) return input
  const target = random.pick([2 ** 14, 2 ** 16, 2 ** 18, maxInputOctets])
  const times = Math.max(1, Math.floor((target - input.length) / part.length))
  return join([input.subarray(0, start), ...Array<Uint8Array>(times).fill(part), input.subarray(start)])
}
