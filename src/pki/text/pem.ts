import { fromBase64, toBase64 } from '../der/fingerprint.ts'

/** One armoured part of a text file. */
export interface PemBlock {
  label: string
  der: Uint8Array
}

/** PEM as RFC 7468 has it: lines of 64 characters, a line feed after the last. */
export function toPem(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.map((line) => `${line}\n`).join('')}-----END ${label}-----\n`
}

const edge = /^[^\S\r\n]*-----(BEGIN|END) ([^\r\n]+?)-----[^\S\r\n]*$/gm

/**
 * The PEM blocks of a text in order. Text around them, CR LF, a byte order mark, spaces at the ends of
 * lines and the headers of RFC 1421 count for nothing. A block that is not closed, or not base64, is left out.
 */
export function findPemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = []
  let open: { label: string; from: number } | undefined
  for (const { 0: line, 1: side, 2: label = '', index } of text.matchAll(edge)) {
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

/** RFC 1421 headers (`Proc-Type: 4,ENCRYPTED`) end with an empty line. */
function withoutHeaders(body: string): string {
  const [, first = '', ...rest] = body.includes(':') ? body.split(/\r\n|\r|\n/) : []
  if (!first.includes(':')) return body
  return rest.slice(rest.findIndex((line) => line.trim() === '') + 1).join('\n')
}
