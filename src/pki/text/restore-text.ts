/** Texts over the limit of every input are left unchanged. */
export const maxLength = 150_000

/**
 * Returns a text as it was before programs changed it in transit: UTF-16 that was read as octets, RTF,
 * percent-encoding, HTML, quoted-printable, escapes of JSON and of shells, and letters that look like those
 * of PEM (dashes, spaces, quotes, full width) or are invisible. A text without any of these changes is
 * returned unchanged except for white space, quotes and tags.
 */
export function restoreText(text: string): string {
  if (text.length > maxLength) return text
  const plain = withoutNuls(text)
  const restored = plain.trimStart().startsWith('{\\rtf') ? fromRichText(plain) : fromEscapes(plain)
  return toPlainLetters(fromQuotedPrintable(fromHtml(fromPercent(restored))))
}

/** Removes NULs in a loop, since `replaceAll` takes some sixty octets for each of half a million NULs. */
export function withoutNuls(text: string): string {
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

const fromCode = (digits: string, radix: number): string => {
  const code = Number.parseInt(digits, radix)
  return code <= 0xffff ? String.fromCharCode(code) : ''
}

/**
 * Decodes RTF: `\par` and `\line` end lines; `\'96` is a dash of Windows, `\endash` one by name, `\u8211?`
 * one by number.
 */
function fromRichText(text: string): string {
  return text
    .replace(/\\(?:endash|emdash) ?/g, '-')
    .replace(/\\'(?:96|97)/g, '-')
    .replace(/\\u(-?\d{1,5}) ?\??/g, (_, code: string) => String.fromCharCode(Number(code) & 0xffff))
    .replace(/\\[a-z]{1,32}-?\d{0,10} ?|\\\r?\n|[{}]/g, '\n')
}

/**
 * Decodes escapes of JSON, JavaScript, Python, Java properties and shells, escaped once or more. PHP writes
 * `\/`, .NET `\u002B`.
 */
function fromEscapes(text: string): string {
  if (!text.includes('\\')) return text
  return text
    .replace(/\\{1,8}u\+?([0-9a-f]{4})/gi, (_, digits: string) => fromCode(digits, 16))
    .replace(/\\{1,8}x([0-9a-f]{2})/gi, (_, digits: string) => fromCode(digits, 16))
    .replace(/\\{1,8}[nrt]/g, '\n')
    .replace(/\\{1,8}(?=[^A-Za-z0-9])/g, '')
}

/** Decodes percent-encoding (RFC 3986, section 2.1), and the plus signs that forms write for spaces. */
function fromPercent(text: string): string {
  if (!/%(?:0[AD]|2[0BDF]|3D)/i.test(text)) return text
  const spaced = /(?:BEGIN|END)\+[A-Z]/.test(text) ? text.replaceAll('+', ' ') : text
  return spaced.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => fromCode(digits, 16))
}

const entities: Readonly<Record<string, string>> = {
  nbsp: ' ',
  ensp: ' ',
  emsp: ' ',
  quot: '"',
  apos: "'",
  plus: '+',
  sol: '/',
  equals: '=',
  hyphen: '-',
  dash: '-',
  ndash: '-',
  mdash: '—',
  minus: '-',
  newline: '\n',
  tab: ' ',
  gt: '>',
  shy: '',
  zwnj: '',
  zwj: '',
}

function fromHtml(text: string): string {
  const decoded = text.includes('&')
    ? text
        .replace(/&amp;/gi, '&')
        .replace(/&#x([0-9a-f]{1,6});?/gi, (_, digits: string) => fromCode(digits, 16))
        .replace(/&#(\d{1,7});?/g, (_, digits: string) => fromCode(digits, 10))
        .replace(/&([a-z]{2,10});/gi, (all, name: string) => entities[name.toLowerCase()] ?? all)
    : text
  return decoded.replace(/<\/?[a-z!][^<>]{0,1000}>/gi, '\n')
}

/**
 * Decodes quoted-printable (RFC 2045, section 6.7), in which the padding of base64 is always written `=3D`.
 */
function fromQuotedPrintable(text: string): string {
  if (!/=(?:3D|20|0A|0D|2D|2B|2F)/i.test(text)) return text
  return text
    .replace(/=[ \t]{0,80}\r?\n/g, '')
    .replace(/=([0-9a-f]{2})/gi, (_, digits: string) => fromCode(digits, 16))
}

/** Replaces typographic characters; an em dash stands for two hyphens, as in word processors. */
function toPlainLetters(text: string): string {
  return text
    .replace(/[\u2028\u2029\u0085\v\f]/g, '\n')
    .replace(/\u00ad|\u061c|\u115f|\u1160|\u180e|[\u200b-\u200f]|[\u202a-\u202e]|[\u2060-\u206f]|\ufeff/g, '')
    .replace(/[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\t]/g, ' ')
    .replace(/[\uff01-\uff5e]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) - 0xfee0))
    .replace(/â€[“”\u0093\u0094]|[\u2010-\u2013\u2015\u2212\u2043\ufe58\ufe63\u0096\u0097\ufffd]/g, '-')
    .replace(/[\u2014\u2e3a\u2e3b]/g, '--')
    .replace(/[“”„‟«»]/g, '"')
    .replace(/[‘’‚‛`´]/g, "'")
    .replace(/["'] {0,10}\+ {0,10}(?=\n|$)/g, '')
}
