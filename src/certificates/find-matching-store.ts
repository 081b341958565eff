import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Queries } from '../storage/database.ts'
import { isPostgres } from '../storage/engine.ts'

/** The index is asked for the number of certificates up to this one. */
const mostCounted = 20_000
/** Parts of the text that the index is asked for; what it finds is compared with the whole text. */
const mostGrams = 4
/** Terms of the index that begin with one or two letters. */
const mostTerms = 300
const largestCharacter = '\u{10FFFF}'

/** Digits of serial numbers and fingerprints: nearly every certificate has one or two given ones. */
const isFrequent = (text: string) => /^[0-9a-f]{1,2}$/.test(text)

/** The certificates that the index of texts proposes; all that hold the text are among them. */
export interface Proposed {
  count: number
  /** The certificates, as a table of a query. */
  from: RawBuilder<unknown>
}

/**
 * Returns the certificates of an organization that may hold `text`; undefined if they are many, or if the index does
 * not know. What a user types is never read as the syntax of a search.
 */
export async function proposeCertificates(
  queries: Queries,
  organizationId: string,
  text: string,
): Promise<Proposed | undefined> {
  const wanted = normalize(text)
  if (isFrequent(wanted)) return undefined
  const proposed = isPostgres(queries)
    ? fromGrams(organizationId, wanted)
    : await fromTrigrams(queries, organizationId, wanted)
  if (proposed === undefined) return undefined
  const { rows } = await sql<{ count: number }>`select count(*) as count from
    (select 1 from ${proposed.found} limit ${mostCounted + 1}) as counted`.execute(queries)
  const count = Number(rows[0]?.count)
  return count > mostCounted ? undefined : { count, from: proposed.from }
}

/** What the index finds, and the certificates of it. */
interface Found {
  found: RawBuilder<unknown>
  from: RawBuilder<unknown>
}

function fromGrams(organizationId: string, wanted: string): Found {
  const grams = [`organization ${organizationId}`, ...(toTrigrams(wanted) ?? [wanted])]
  const found = sql`(select certificate_id from certificate_search
    where certificate_grams(organization_id, text) @> ${grams}::text[]) as found`
  return { found, from: sql`${found} join certificates on certificates.id = found.certificate_id` }
}

async function fromTrigrams(
  queries: Queries,
  organizationId: string,
  wanted: string,
): Promise<Found | undefined> {
  const quote = (term: string) => `"${term.replaceAll('"', '""')}"`
  const trigrams = toTrigrams(wanted)
  const terms = trigrams ?? (await listTerms(queries, wanted))
  if (terms === undefined) return undefined
  const match = terms.map(quote).join(trigrams === undefined ? ' OR ' : ' AND ')
  const start = sql`(select number from search_spaces where organization_id = ${organizationId}) * 4294967296`
  const found =
    terms.length === 0
      ? sql`(select 0 as proposed where 1 = 0) as found`
      : sql`(select rowid - ${start} as proposed from certificate_trigrams
          where certificate_trigrams match ${match} and rowid >= ${start} and rowid < ${start} + 4294967296) as found`
  // SQLite reads the tables of a cross join in this order.
  const from = sql`${found} cross join certificates
    on certificates.organization_id = ${organizationId} and certificates.number = found.proposed`
  return { found, from }
}

/** Returns the terms of the index that begin with one or two letters; undefined if they are many. */
async function listTerms(queries: Queries, wanted: string): Promise<string[] | undefined> {
  const { rows } = await sql<{ term: string }>`select term from certificate_terms
    where term >= ${wanted} and term <= ${wanted + largestCharacter} limit ${mostTerms + 1}`.execute(queries)
  return rows.length > mostTerms ? undefined : rows.map(({ term }) => term)
}

/** Returns the last parts of three characters, since names have the same beginnings; undefined for a shorter text. */
function toTrigrams(text: string): string[] | undefined {
  const characters = [...text]
  if (characters.length < 3) return undefined
  const all = characters.slice(2).map((last, index) => `${characters[index]}${characters[index + 1]}${last}`)
  return [...new Set(all.toReversed())].slice(0, mostGrams)
}

/** Serial numbers and fingerprints are also found with colons, as other programs write them. */
function normalize(text: string): string {
  const wanted = text.trim().toLowerCase()
  return /^[0-9a-f]{2}(:[0-9a-f]{2})+$/.test(wanted) ? wanted.replaceAll(':', '') : wanted
}

/** Returns the condition that a column of searched texts holds a text. */
export function holdsText(column: string, text: string): RawBuilder<SqlBool> {
  // No stored text has the character, and PostgreSQL takes no text with it.
  if (text.includes('\0')) return sql`1 = 0`
  const pattern = `%${normalize(text).replaceAll(/[\\%_]/g, '\\$&')}%`
  return sql`${sql.ref(column)} like ${pattern} escape '\\'`
}
