import { fromBase64, toBase64 } from '../der/fingerprint.ts'

/** One armored part of a text file. */
export interface PemBlock {
  label: string
  der: Uint8Array
}

/** Returns PEM as in RFC 7468: lines of 64 characters, a line feed after the last. */
export function toPem(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.map((line) => `${line}\n`).join('')}-----END ${label}-----\n`
}

const boundary = /^[^\S\r\n]*-----(BEGIN|END) ([^\r\n]+?)-----[^\S\r\n]*$/gm

/**
 * Returns the PEM blocks of a text in order. Surrounding text, CR LF, a byte order mark, trailing spaces and
 * the headers of RFC 1421 are ignored. A block without an end or with invalid base64 is omitted.
 */
export function findPemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = []
  let open: { label: string; from: number } | undefined
  for (const { 0: line, 1: side, 2: label = '', index } of text.matchAll(boundary)) {
    if (side === 'BEGIN') open = { label, from: index + line.length }
    else if (label === open?.label) {
      const der = decodeBody(text.slice(open.from, index))
      if (der) blocks.push({ label, der })
      open = undefined
    }
  }
  return blocks
}

function decodeBody(body: string): Uint8Array | undefined {
  try {
    const der = fromBase64(withoutHeaders(body).replace(/\s/g, ''))
    return der.length > 0 ? der : undefined
  } catch {
    return undefined
  }
}

/** Removes RFC 1421 headers (`Proc-Type: 4,ENCRYPTED`), which end with an empty line. */
function withoutHeaders(body: string): string {
  const [, first = '', ...rest] = body.includes(':') ? body.split(/\r\n|\r|\n/) : []
  if (!first.includes(':')) return body
  return rest.slice(rest.findIndex((line) => line.trim() === '') + 1).join('\n')
}
