import { toHex } from '../pki/der/fingerprint.ts'

/**
 * Returns a new serial number in hex: 126 random bits, positive and of full length (RFC 5280, section
 * 4.1.2.2).
 */
export function newSerialNumber(randomOctets: (count: number) => Uint8Array): string {
  const octets = new Uint8Array(randomOctets(16))
  octets[0] = ((octets[0] as number) & 0x3f) | 0x40
  return toHex(octets)
}
