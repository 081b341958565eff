import { createHash } from 'node:crypto'

/** A value of a row, the same on SQLite and PostgreSQL. */
export type Value = string | number | null | Uint8Array

/** A table with its columns in alphabetical order, in which its rows are written. */
export interface TableShape {
  name: string
  columns: string[]
}

/** Says what rows a table has, in any order. */
export interface TableDigest {
  rows: number
  /** The sum of the SHA-256 of each row modulo 2^256, hex. */
  sum: string
}

/** The tables of a store as they were at one moment. */
export interface TableSource {
  tables: readonly TableShape[]
  /** Reads the rows of a table in blocks, of which one is in memory at a time. */
  read(table: TableShape): AsyncIterable<Value[][]>
}

/** The tables of a whole store. */
export interface OpenTables extends TableSource {
  /** The migrations that have made them. */
  migrations: readonly string[]
}

/** Tables that triggers fill from other tables, and those that migrations and the engine fill. */
const derived =
  /^(?:certificate_counts|certificate_search|search_spaces|certificate_trigrams.*|certificate_terms|kysely_migration.*|migration_needs|sqlite_.*)$/

/** Returns whether a backup has the table: what triggers fill from other tables is left out. */
export const isCopied = (table: string): boolean => !derived.test(table)

/** Returns a row as one line of JSON without a line break; octets are in base64. */
export const toLine = (row: readonly Value[]): string =>
  JSON.stringify(row.map((value) => (value instanceof Uint8Array ? toBase64(value) : value)))

const toBase64 = (octets: Uint8Array) => ({
  b: Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('base64'),
})

/** Parses such a line. Throws `SyntaxError` or `TypeError`. */
export function parseRow(line: string): Value[] {
  const values: unknown = JSON.parse(line)
  if (!Array.isArray(values)) throw new TypeError('no row')
  return values.map((value) => (typeof value === 'object' && value !== null ? parseOctets(value) : value))
}

function parseOctets(value: { b?: unknown }): Uint8Array {
  if (typeof value.b !== 'string') throw new TypeError('no octets')
  return Buffer.from(value.b, 'base64')
}

const modulus = 2n ** 256n

/** Creates the digest of a table, to which each row adds its line. */
export function createDigest() {
  let rows = 0
  let sum = 0n
  return {
    add(line: string): void {
      rows += 1
      sum = (sum + BigInt(`0x${createHash('sha256').update(line).digest('hex')}`)) % modulus
    },
    result: (): TableDigest => ({ rows, sum: sum.toString(16).padStart(64, '0') }),
  }
}

/** Reads every row of a source and returns the digest of each table. */
export async function digestTables(source: TableSource): Promise<Record<string, TableDigest>> {
  const digests: Record<string, TableDigest> = {}
  for (const table of source.tables) {
    const digest = createDigest()
    for await (const rows of source.read(table)) for (const row of rows) digest.add(toLine(row))
    digests[table.name] = digest.result()
  }
  return digests
}

/** Returns the tables whose rows differ. */
export const findDifferences = (
  expected: Readonly<Record<string, TableDigest>>,
  found: Readonly<Record<string, TableDigest>>,
): string[] =>
  [...new Set([...Object.keys(expected), ...Object.keys(found)])].filter(
    (name) => expected[name]?.rows !== found[name]?.rows || expected[name]?.sum !== found[name]?.sum,
  )
