import { fromBase64 } from './fingerprint.ts'
import { identifyDer } from './identify-der.ts'
import { findPemBlocks } from './pem.ts'
import { isPrivateKeyInside } from './private-key-bytes.ts'

/** The armour of every kind of private key, whole or in pieces. */
const armour = /(?:BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY/i

/**
 * Whether a text holds a private key anywhere: by its armour, also when that is damaged or spread over
 * UTF-16, by the content of a block with another label, in base64 without any armour, as JSON Web Key, in
 * the XML of .NET, or in the format of PuTTY.
 */
export function holdsPrivateKey(text: string): boolean {
  const plain = withoutNuls(text)
  return (
    armour.test(plain) ||
    plain.includes('PuTTY-User-Key-File') ||
    (plain.includes('"kty"') && /"d"\s{0,10}:/.test(plain)) ||
    (plain.includes('<RSAKeyValue>') && plain.includes('<D>')) ||
    findPemBlocks(plain).some(({ der }) => isPrivateKeyInside(der)) ||
    holdsBareKey(plain)
  )
}

/** By hand, since `replaceAll` takes some sixty octets for each of half a million NULs. */
function withoutNuls(text: string): string {
  if (!text.includes('\0')) return text
  const units = new Uint16Array(text.length)
  let length = 0
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i)
    if (unit === 0) continue
    units[length] = unit
    length += 1
  }
  return new TextDecoder('utf-16le').decode(units.subarray(0, length))
}

/** A whole block, which has been looked at as such. */
const wholeBlock = /-----BEGIN ([^-]+)-----[^-]*-----END \1-----/g
/** How base64 begins of a SEQUENCE, of “-----BEGIN”, and of the binary format of OpenSSH. */
const starts = /(?<=^|[^A-Za-z0-9+/]|\\[nr])(?:M[A-P][A-Za-z0-9+/]|LS0tLS1CRUdJ|b3BlbnNzaC1rZXktdjE)/g
/** The head of a key tells it, an encrypted one too. */
const headLength = 256
/** Honest texts have a few; a text of nothing else would take long. */
const mostStarts = 2000

/** A key whose armour was lost, and one that was put into base64 with its armour, as in environment variables. */
function holdsBareKey(text: string): boolean {
  let seen = 0
  const bare = text.replace(wholeBlock, '')
  for (const { index } of bare.matchAll(starts)) {
    seen += 1
    if (seen > mostStarts) return false
    const head = bare.slice(index, index + 2 * headLength).replace(/\\[nr]|\s/g, '')
    const [letters = ''] = /^[A-Za-z0-9+/]*/.exec(head.slice(0, headLength)) ?? []
    if (isKeyHead(fromBase64(letters.slice(0, letters.length & ~3)))) return true
  }
  return false
}

function isKeyHead(bytes: Uint8Array): boolean {
  if (bytes[0] === 0x30) return identifyDer(bytes) === 'private key'
  const text = new TextDecoder('latin1').decode(bytes)
  return armour.test(text) || text.startsWith('openssh-key-v1\0')
}
