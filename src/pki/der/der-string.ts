import { tags } from './der-tags.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const utf16 = new TextDecoder('utf-16be', { fatal: true, ignoreBOM: true })

const decoders: Record<number, (content: Uint8Array) => string | undefined> = {
  [tags.utf8String]: (content) => decodeWith(utf8, content),
  [tags.printableString]: decodeAscii,
  [tags.ia5String]: decodeAscii,
  [tags.visibleString]: decodeAscii,
  [tags.numericString]: decodeAscii,
  // T.61 as it is used in practice, which is Latin-1.
  [tags.t61String]: (content) => decodeOctets(content, 0x100),
  [tags.bmpString]: (content) => decodeWith(utf16, content),
  [tags.universalString]: decodeUniversal,
}

/** Returns whether `tag` is one of the string types of X.520. */
export function isStringTag(tag: number): boolean {
  return Object.hasOwn(decoders, tag)
}

/** Returns the text of a string's content octets, or `undefined` if they do not match the string type. */
export function decodeString(tag: number, content: Uint8Array): string | undefined {
  return decoders[tag]?.(content)
}

/**
 * Returns the most likely text of content octets of any string type: as that type defines it, or else as
 * UTF-8 or Latin-1.
 */
export function guessString(tag: number, content: Uint8Array): string {
  return decodeString(tag, content) ?? decodeWith(utf8, content) ?? new TextDecoder('latin1').decode(content)
}

function decodeWith(decoder: typeof utf8, content: Uint8Array): string | undefined {
  try {
    return decoder.decode(content)
  } catch {
    return undefined
  }
}

function decodeAscii(content: Uint8Array): string | undefined {
  return decodeOctets(content, 0x80)
}

function decodeOctets(content: Uint8Array, limit: number): string | undefined {
  let text = ''
  for (const octet of content) {
    if (octet >= limit) return undefined
    text += String.fromCharCode(octet)
  }
  return text
}

function decodeUniversal(content: Uint8Array): string | undefined {
  if (content.length % 4 !== 0) return undefined
  const view = new DataView(content.buffer, content.byteOffset, content.length)
  let text = ''
  for (let i = 0; i < content.length; i += 4) {
    const point = view.getUint32(i)
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined
    text += String.fromCodePoint(point)
  }
  return text
}
