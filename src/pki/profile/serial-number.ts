import { PosternError } from '../../errors.ts'
import { fromHex } from '../der/fingerprint.ts'

/** Returns the octets of a serial number in hex, in any case. Throws `profile_violation` for other text. */
export function parseSerialNumber(hex: string): Uint8Array {
  if (hex.length === 0 || !/^[0-9a-f]+$/i.test(hex))
    throw new PosternError('profile_violation', 'A serial number is not hexadecimal.')
  return fromHex(hex.length % 2 === 0 ? hex : `0${hex}`)
}
