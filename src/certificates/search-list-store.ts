import { type RawBuilder, sql } from 'kysely'
import type { Queries } from '../storage/database.ts'
import { isPostgres } from '../storage/engine.ts'
import type { CertificateRow } from '../storage/tables/certificate-tables.ts'
import { holdsText, proposeCertificates } from './find-matching-store.ts'

/** A row of a list, with its place in the order. */
export type ListedRow = CertificateRow & { position: number }

/** A certificate, and its place in the order of a list. */
export interface Placed {
  id: string
  position: number
}

/**
 * How many rows of the list are compared for each row of a page: at first, and if the index proposes many. A text that
 * one in ten certificates has, or one in forty, fills a page so.
 */
const [firstTimes, secondTimes] = [10, 40]
/** Reading so many certificates takes as long as comparing the beginning of the list. */
const fewProposed = 2500

/** A list to search; its beginning is known without reading the rest. */
interface Searched {
  /** Rows of a page, and one. */
  most: number
  /** Gives the first certificates of the list, with any text. */
  beginning(most: number): RawBuilder<Placed>
  /** Gives the page of those that hold the text among some. */
  among(from: RawBuilder<unknown>): RawBuilder<ListedRow>
  /** Gives the same page by reading the list in its order until the page is full. */
  whole(): RawBuilder<ListedRow>
}

/**
 * Returns the query of a page of those certificates of a list that hold a text. A frequent text fills a page soon in
 * the order of the list, and the index of texts knows the certificates of a rare one. Each way is limited, so that
 * neither reads most of the organization; only for a text that very many have, and none of the first, the whole list
 * may be read.
 */
export async function searchList(
  queries: Queries,
  organizationId: string,
  text: string,
  { most, beginning, among, whole }: Searched,
): Promise<RawBuilder<ListedRow>> {
  if (text.includes('\0')) return among(sql`certificates`)
  const findIn = async (times: number) => {
    const ids = await findInBeginning(queries, beginning(times * most), { text, most, read: times * most })
    return ids && among(listed(queries, ids))
  }
  const found = await findIn(firstTimes)
  if (found !== undefined) return found
  const proposed = await proposeCertificates(queries, organizationId, text)
  if (proposed === undefined) return whole()
  if (proposed.count <= fewProposed) return among(proposed.from)
  return (await findIn(secondTimes)) ?? among(proposed.from)
}

/** Returns the certificates of the page; undefined if they are not all in the beginning of the list. */
async function findInBeginning(
  queries: Queries,
  beginning: RawBuilder<Placed>,
  { text, most, read }: { text: string; most: number; read: number },
): Promise<string[] | undefined> {
  const { rows } = await sql<{ id: string; holds: number | boolean }>`
    select page.id, ${holdsText('text', text)} as holds from (${beginning}) as page
    join certificate_search on certificate_search.certificate_id = page.id`.execute(queries)
  const ids = rows.filter(({ holds }) => holds).map(({ id }) => id)
  return ids.length >= most || rows.length < read ? ids : undefined
}

/** SQLite reads the tables of a cross join in this order. */
const listed = (queries: Queries, ids: readonly string[]) =>
  isPostgres(queries)
    ? sql`unnest(${ids}::text[]) as found (value) join certificates on certificates.id = found.value`
    : sql`(select value from json_each(${JSON.stringify(ids)})) as found
        cross join certificates on certificates.id = found.value`
