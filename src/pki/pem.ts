import { fromBase64, toBase64 } from './fingerprint.ts'

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

/**
 * The PEM blocks of a text in order. Text around them, CR LF, a byte order mark, spaces at the ends of
 * lines and the headers of RFC 1421 count for nothing. A block that is not closed, or not base64, is left out.
 */
export function findPemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = []
  let label: string | undefined
  let body: string[] = []
  for (const untrimmed of text.split(/\r\n|\r|\n/)) {
    // trim() takes a byte order mark away as well.
    const line = untrimmed.trim()
    const begin = findLabel(line, 'BEGIN')
    if (begin !== undefined) {
      label = begin
      body = []
    } else if (label !== undefined && findLabel(line, 'END') === label) {
      const der = decodeBody(body)
      if (der) blocks.push({ label, der })
      label = undefined
    } else if (label !== undefined) body.push(line)
  }
  return blocks
}

function findLabel(line: string, edge: 'BEGIN' | 'END'): string | undefined {
  const start = `-----${edge} `
  const isEdge = line.startsWith(start) && line.endsWith('-----') && line.length > start.length + 5
  return isEdge ? line.slice(start.length, -5) : undefined
}

function decodeBody(lines: readonly string[]): Uint8Array | undefined {
  try {
    const der = fromBase64(lines.slice(countHeaderLines(lines)).join(''))
    return der.length > 0 ? der : undefined
  } catch {
    return undefined
  }
}

/** RFC 1421 headers (`Proc-Type: 4,ENCRYPTED`) end with an empty line. */
function countHeaderLines(lines: readonly string[]): number {
  return lines[0]?.includes(':') ? lines.indexOf('') + 1 : 0
}
