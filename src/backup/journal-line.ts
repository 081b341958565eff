import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { listKeys, type MasterKey } from '../shapes/master-key.ts'
import type { Value } from './table-lines.ts'

const macLength = 32

/** A row as it was when it was written, by its columns; null if it was deleted. */
export type JournalRow = Record<string, Value> | null

/** One entry of the journal: a row that had changed. */
export interface JournalEntry {
  /** Its number in the store. */
  sequence: number
  /** The number before it in the store; -1 if that is not known any more. */
  previous: number
  /** Milliseconds since 1970. */
  at: number
  table: string
  key: string
  row: JournalRow
}

/** The first entry of a journal: it holds everything after this number. */
export interface JournalStart {
  start: number
}

/** A line of the journal with the time at which it was written: milliseconds since 1970. */
export type JournalLine = (JournalEntry | JournalStart) & { written: number }

const Octets = z.strictObject({ b: z.string() }).transform(({ b }) => Buffer.from(b, 'base64'))
const Row = z.record(z.string(), z.union([z.string(), z.number(), z.null(), Octets]))
const Line = z.union([
  z.strictObject({ start: z.number().int(), written: z.number().int() }),
  z.strictObject({
    sequence: z.number().int(),
    previous: z.number().int(),
    at: z.number().int(),
    table: z.string(),
    key: z.string(),
    row: Row.nullable(),
    written: z.number().int(),
  }),
])

/**
 * Writes and reads lines of the journal, each with a MAC by a key that the authority key gives (HKDF, RFC 5869). While
 * the authority key is being changed, lines with the MAC of either key are read.
 */
export function createJournalLines(authorityKey: MasterKey) {
  const [first, second = first] = listKeys(authorityKey).map(createMac) as [Mac, Mac?]
  const isWritten = (mac: Buffer, text: string): boolean => {
    // Both are compared, so that the time does not tell which one it is.
    const matches = [first, second].map((macOf) => timingSafeEqual(mac, macOf(text)))
    return matches.includes(true)
  }
  return {
    write(entry: JournalLine): string {
      const text = JSON.stringify(entry, (_, value: unknown) => toOctets(value))
      return `${first(text).toString('base64url')} ${text}\n`
    },

    /** Returns undefined for a line that was cut off, changed, or written with another authority key. */
    read(line: string): JournalLine | undefined {
      const blank = line.indexOf(' ')
      const mac = Buffer.from(line.slice(0, Math.max(0, blank)), 'base64url')
      const text = line.slice(blank + 1)
      if (mac.length !== macLength || !isWritten(mac, text)) return undefined
      return Line.parse(JSON.parse(text))
    },
  }
}

type Mac = (text: string) => Buffer

function createMac(master: Uint8Array): Mac {
  const key = new Uint8Array(hkdfSync('sha256', master, new Uint8Array(), 'postern journal 1', macLength))
  return (text) => createHmac('sha256', key).update(text).digest()
}

export type JournalLines = ReturnType<typeof createJournalLines>

/** `JSON.stringify` has turned a Buffer into an object before it asks. */
function toOctets(value: unknown): unknown {
  if (value instanceof Uint8Array) return { b: Buffer.from(value).toString('base64') }
  const { type, data } = (value ?? {}) as { type?: unknown; data?: unknown }
  return type === 'Buffer' && Array.isArray(data) ? { b: Buffer.from(data).toString('base64') } : value
}
