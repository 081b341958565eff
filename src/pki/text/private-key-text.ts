import { fromBase64 } from '../der/fingerprint.ts'
import { identifyDer } from '../der/identify-der.ts'
import { findPastedBlocks, maxWrappings, unwrapText } from './pasted-blocks.ts'
import { isPrivateKeyInside } from './private-key-bytes.ts'
import { maxLength, restoreText, withoutNuls } from './restore-text.ts'

/** The armor of every kind of private key, complete or in parts. */
const armour = /(?:BEGIN|END)[A-Z0-9\s]{0,41}PRIVATE\s{0,10}KEY/i

/**
 * Returns whether a text contains a private key anywhere: by its armor, even if it is damaged or in UTF-16,
 * by the content of a block with another label, in base64 without armor, as JSON Web Key, in the XML of .NET,
 * or in the format of PuTTY; also after the changes of programs are undone.
 */
export function containsPrivateKey(text: string, wrappings: number = maxWrappings): boolean {
  const plain = withoutNuls(text)
  if (looksLikePrivateKey(plain)) return true
  const restored = restoreText(plain)
  return (
    (restored !== plain && looksLikePrivateKey(restored)) ||
    findPastedBlocks(plain).some(({ der }) => isPrivateKeyInside(der)) ||
    (wrappings > 0 && isKeyWrapped(plain, wrappings))
  )
}

function isKeyWrapped(text: string, wrappings: number): boolean {
  const inner = text.length > maxLength ? undefined : unwrapText(text.replace(wholeBlock, ''))
  return inner !== undefined && containsPrivateKey(inner, wrappings - 1)
}

function looksLikePrivateKey(text: string): boolean {
  return (
    armour.test(text) ||
    text.includes('PuTTY-User-Key-File') ||
    (text.includes('"kty"') && /"d"\s{0,10}:/.test(text)) ||
    (text.includes('<RSAKeyValue>') && text.includes('<D>')) ||
    containsBareKey(text)
  )
}

/** A complete block, which was checked as such. */
const wholeBlock = /-----BEGIN ([^-]+)-----[^-]*-----END \1-----/g
/** How base64 begins of a SEQUENCE, of “-----BEGIN”, and of the binary format of OpenSSH. */
const starts = /(?<=^|[^A-Za-z0-9+/]|\\[nr])(?:M[A-P][A-Za-z0-9+/]|LS0tLS1CRUdJ|b3BlbnNzaC1rZXktdjE)/g
/** The head of a key suffices, even of an encrypted one. */
const headLength = 256
/** Legitimate texts have a few; a text with many would take long. */
const maxStarts = 2000

/**
 * Returns whether the text contains a key without armor, or one that was base64-encoded with its armor, as in
 * environment variables.
 */
function containsBareKey(text: string): boolean {
  let seen = 0
  const bare = text.replace(wholeBlock, '')
  for (const { index } of bare.matchAll(starts)) {
    seen += 1
    if (seen > maxStarts) return false
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
