import { randomOctets } from '../random-octets.ts'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * A new identifier: `prefix_` and 26 characters, of which the first ten tell the time and the rest
 * are 80 random bits. Sorted as text, later ones come later.
 */
export function newId(prefix: string, now: number): string {
  let time = ''
  for (let rest = now, place = 0; place < 10; place++, rest = Math.floor(rest / 32))
    time = alphabet[rest % 32] + time
  let random = ''
  for (const byte of randomOctets(16)) random += alphabet[byte & 31]
  return `${prefix}_${time}${random}`
}
