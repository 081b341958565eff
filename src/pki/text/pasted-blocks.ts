import { findElementEnd } from '../der/der-outline.ts'
import { fromBase64 } from '../der/fingerprint.ts'
import { findPemBlocks, type PemBlock } from './pem.ts'
import { maxLength, restoreText, withoutNuls } from './restore-text.ts'

/** The labels that users paste, without their spaces; any other label ends no block. */
const labels = [
  'NEW CERTIFICATE REQUEST',
  'CERTIFICATE REQUEST',
  'TRUSTED CERTIFICATE',
  'X509 CERTIFICATE',
  'CERTIFICATE',
  'X509 CRL',
  'RSA PUBLIC KEY',
  'PUBLIC KEY',
  'RSA PRIVATE KEY',
  'EC PRIVATE KEY',
  'ENCRYPTED PRIVATE KEY',
  'PRIVATE KEY',
  'PKCS7',
]
const gap = '\\s{0,10}'
/** Any number of dashes, and a label whose spaces were lost or became line ends. */
const boundary = new RegExp(
  `-{0,20} {0,4}\\b(BEGIN|END)${gap}(${labels.map((label) => label.replaceAll(' ', gap)).join('|')})(?![A-Za-z])${gap}-{0,20}`,
  'gi',
)
const maxBoundaries = 200
/** Base64 of base64 of a PEM file is more than any program creates. */
export const maxWrappings = 2

/**
 * Returns the PEM blocks of a text that a user has pasted or chosen as a file, in order: those of {@link
 * findPemBlocks}, or, if one of these is damaged or there is none, those that result from undoing the changes
 * of programs. Such a block is returned only if it is one complete element of DER.
 */
export function findPastedBlocks(text: string): PemBlock[] {
  const blocks = findPemBlocks(text)
  if (text.length > maxLength) return blocks
  if (blocks.length > 0 && blocks.every(({ der }) => findElementEnd(der) === der.length)) return blocks
  const restored = findRestoredBlocks(restoreText(text), maxWrappings)
  return restored.length > 0 ? restored : blocks
}

/**
 * Returns the octets of DER in base64 or base64url without armor, in a text that may have been changed in
 * transit.
 */
export function findBareDer(text: string): Uint8Array | undefined {
  const restored = restoreText(text)
    .replace(/^\s*data:[a-z0-9.+/-]{0,80};base64,/i, '')
    .replaceAll(/^\s*(?:>[> ]{0,10})/gm, '')
  if (/[^A-Za-z0-9+/=_\s"',;-]/.test(restored)) return undefined
  return decodeWhole(restored, false)
}

function findRestoredBlocks(text: string, wrappings: number): PemBlock[] {
  const edges = [...text.matchAll(boundary)].slice(0, maxBoundaries)
  if (edges.length === 0) return wrappings > 0 ? findWrappedBlocks(text, wrappings) : []
  const blocks: PemBlock[] = []
  for (const [i, { 0: line, 1: side = '', 2: label = '', index }] of edges.entries()) {
    const next = edges[i + 1]
    if (side.toUpperCase() === 'BEGIN') {
      const isClosed = next?.[1]?.toUpperCase() === 'END'
      const body = text.slice(index + line.length, next?.index)
      const der = decodeBody(body, prefixOf(text, index), !isClosed)
      if (der) blocks.push({ label: toLabel(label), der })
    } else if (edges[i - 1]?.[1]?.toUpperCase() !== 'BEGIN') {
      // The first line was not copied: the text before the last one is the content, from where DER can begin.
      const before = text.slice(edges[i - 1]?.index ?? 0, index)
      const der = decodeBody(before.slice(Math.max(before.search(/\bM[A-P][A-Za-z0-9+/]{8}/), 0)), '', false)
      if (der) blocks.push({ label: toLabel(label), der })
    }
  }
  return blocks
}

function findWrappedBlocks(text: string, wrappings: number): PemBlock[] {
  const inner = unwrapText(text)
  return inner === undefined ? [] : findRestoredBlocks(restoreText(inner), wrappings - 1)
}

/**
 * Returns the text that was base64-encoded as a whole, as in environment variables and Kubernetes objects.
 */
export function unwrapText(text: string): string | undefined {
  const from = Math.max(text.search(/LS0tLS1CRUdJ/), 0)
  const [letters = ''] = /[A-Za-z0-9+/_\s-]{40,}/.exec(text.slice(from)) ?? []
  const octets = decode(toAlphabet(letters))
  const inner = octets && withoutNuls(new TextDecoder().decode(octets))
  return inner?.includes('BEGIN') || inner?.includes('LS0t') ? inner : undefined
}

/**
 * Returns the text before the first line of a block, as mail programs, patches and editors insert it before
 * each line.
 */
function prefixOf(text: string, index: number): string {
  return text.slice(Math.max(text.lastIndexOf('\n', index - 1) + 1, index - 20), index)
}

/** Tries the known prefixes of lines, and spaces that were plus signs. */
function decodeBody(body: string, prefix: string, isOpen: boolean): Uint8Array | undefined {
  const lines = body.split(/\r\n|\r|\n/)
  const withoutHeaders = lines.filter((line) => !/^[^"']{0,40}[A-Za-z0-9-]: /.test(line))
  const mark = prefix.trim()
  const ways = [
    withoutHeaders,
    ...(mark === '' ? [] : [lines.map((line) => cutMark(line.trimStart(), mark))]),
    lines.map((line) => line.replace(/^\s*\d{1,4}(?:[:.|)]|\s)\s*/, '')),
    lines.map((line) => line.replace(/^\s*[A-Za-z]{0,4}[>|][>| ]*/, '')),
  ]
  for (const way of ways) {
    const der = decodeWhole(way.join('\n'), isOpen)
    if (der) return der
  }
  if (lines.length === 1) return undefined
  // A plus sign may have stood at an end of its line; other spaces there come from an editor.
  const toPlus = (line: string) => line.replaceAll(' ', '+')
  return (
    decodeWhole(withoutHeaders.map(toPlus).join('\n'), isOpen) ??
    decodeWhole(withoutHeaders.map((line) => toPlus(line.trim())).join('\n'), isOpen)
  )
}

const cutMark = (line: string, mark: string) => (line.startsWith(mark) ? line.slice(mark.length) : line)

/**
 * Returns the DER in base64 between other text if it is one complete element; trailing text matters only if
 * the end is open.
 */
function decodeWhole(text: string, isOpen: boolean): Uint8Array | undefined {
  for (const letters of [text.replaceAll(/[^A-Za-z0-9+/]/g, ''), toAlphabet(text)]) {
    const der = decode(letters)
    const end = der && findElementEnd(der)
    if (end !== undefined && (isOpen || end === der?.length)) return der?.subarray(0, end)
  }
  return undefined
}

/** Converts base64url (RFC 4648, section 5) to the letters of base64. */
function toAlphabet(text: string): string {
  return text
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replaceAll(/[^A-Za-z0-9+/]/g, '')
}

function decode(letters: string): Uint8Array | undefined {
  // A single letter at the end encodes no complete octet.
  const octets = letters.length % 4 === 1 ? letters.slice(0, -1) : letters
  return octets === '' ? undefined : fromBase64(octets)
}

function toLabel(found: string): string {
  const plain = found.toUpperCase().replaceAll(/\s/g, '')
  return labels.find((label) => label.replaceAll(' ', '') === plain) ?? found
}
