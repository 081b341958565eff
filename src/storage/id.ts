import { type IdKind, idPrefixes } from '../contract/ids.ts'
import { randomOctets } from '../random-octets.ts'

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/**
 * Returns a new identifier: the prefix of its kind, `_` and 26 characters, of which the first ten encode the time and the rest
 * 80 random bits. Sorted as text, later ones come later.
 */
export function newId(kind: IdKind, now: number): string {
  let time = ''
  for (let rest = now, place = 0; place < 10; place++, rest = Math.floor(rest / 32))
    time = alphabet[rest % 32] + time
  let random = ''
  for (const byte of randomOctets(16)) random += alphabet[byte & 31]
  return `${idPrefixes[kind]}_${time}${random}`
}
