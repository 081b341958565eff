import { identifyDer } from './identify-der.ts'
import { findPemBlocks } from './pem.ts'

/** The armour of every kind of private key, whole or in pieces. */
const armour = /(?:BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY/i

/**
 * Whether a text holds a private key anywhere: by its armour, also when that is damaged or spread over
 * UTF-16, by the content of a block with another label, as JSON Web Key, or in the format of PuTTY.
 */
export function holdsPrivateKey(text: string): boolean {
  const plain = text.replaceAll('\0', '')
  return (
    armour.test(plain) ||
    plain.includes('PuTTY-User-Key-File') ||
    (plain.includes('"kty"') && /"d"\s{0,10}:/.test(plain)) ||
    findPemBlocks(plain).some(({ der }) => identifyDer(der) === 'private key')
  )
}
