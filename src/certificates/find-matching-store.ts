import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Queries } from '../storage/database.ts'
import { isPostgres } from '../storage/engine.ts'

/** More certificates than these are found sooner in the order of the list, since many of its first ones match. */
const mostMatches = 2000
/** Parts of the text that the index is asked for; what it finds is compared with the whole text. */
const mostGrams = 4
/** Terms of the index that begin with one or two letters. */
const mostTerms = 300
const largestCharacter = '\u{10FFFF}'

/** Digits of serial numbers and fingerprints: nearly every certificate has one or two given ones. */
const isFrequent = (text: string) => /^[0-9a-f]{1,2}$/.test(text)

/**
 * Returns the IDs of the certificates of an organization that hold `text`; undefined if they are many. What a user
 * types is never read as the syntax of a search.
 */
export async function findMatching(
  queries: Queries,
  organizationId: string,
  text: string,
): Promise<string[] | undefined> {
  const wanted = normalize(text)
  if (wanted.includes('\0')) return []
  if (isFrequent(wanted)) return undefined
  const found = isPostgres(queries)
    ? selectFromGrams(organizationId, wanted)
    : await selectFromTrigrams(queries, organizationId, wanted)
  if (found === undefined) return undefined
  const { rows } = await found.execute(queries)
  return rows.length > mostMatches ? undefined : rows.map(({ id }) => id)
}

type Found = RawBuilder<{ id: string }>

function selectFromGrams(organizationId: string, wanted: string): Found {
  const grams = [`organization ${organizationId}`, ...(toTrigrams(wanted) ?? [wanted])]
  return sql`select certificate_id as id from certificate_search
    where certificate_grams(organization_id, text) @> ${grams}::text[] and organization_id = ${organizationId}
      and ${holdsText('text', wanted)}
    limit ${mostMatches + 1}`
}

async function selectFromTrigrams(
  queries: Queries,
  organizationId: string,
  wanted: string,
): Promise<Found | undefined> {
  const quote = (term: string) => `"${term.replaceAll('"', '""')}"`
  const trigrams = toTrigrams(wanted)
  const terms = trigrams ?? (await listTerms(queries, wanted))
  if (terms === undefined) return undefined
  if (terms.length === 0) return sql`select certificate_id as id from certificate_search where 1 = 0`
  const match = terms.map(quote).join(trigrams === undefined ? ' OR ' : ' AND ')
  const start = sql`(select number from search_spaces where organization_id = ${organizationId}) * 4294967296`
  return sql`select certificate_id as id from certificate_trigrams as trigrams
    cross join certificate_search as searched on searched.key = trigrams.rowid
    where certificate_trigrams match ${match} and trigrams.rowid >= ${start} and trigrams.rowid < ${start} + 4294967296
      and ${holdsText('searched.text', wanted)}
    limit ${mostMatches + 1}`
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
