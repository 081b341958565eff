import { createHash } from 'node:crypto'
import { z } from 'zod'
import { PosternError } from '../errors.ts'

/** One page of a list; `nextCursor` is null on the last. */
export interface Page<T> {
  items: T[]
  nextCursor: string | null
}

/** The parts of a position in a list; nothing else reaches a query. */
export const cursorParts = {
  /** A time in milliseconds, or a row counter: a bigint of PostgreSQL. */
  number: z.int(),
  /** A number that PostgreSQL stores as a 32-bit integer; it cannot compare a larger one with it. */
  smallNumber: z.int32(),
  /** An identifier, or the slug of an organization. */
  name: z.string().regex(/^[a-z0-9_-]{1,64}$/),
}

/**
 * Incremented with the format of cursors, so that a cursor of another release is rejected and not misread.
 */
const version = 1

/**
 * Creates the pagination of one list. Its cursors are opaque to clients: JSON of the version, the name of the
 * list and the position of the last row, in base64url (RFC 4648, section 5) in its one valid spelling. A
 * cursor of another list, order or filter is rejected.
 */
export function createPaging<const Dependencies extends [z.ZodType, ...z.ZodType[]]>(
  list: string,
  dependencies: Dependencies,
) {
  const Cursor = z.tuple([z.literal(version), z.string(), z.tuple(dependencies)])
  type Position = z.output<z.ZodTuple<Dependencies, null>>
  const encode = (position: Position, filter: Filter) =>
    Buffer.from(JSON.stringify([version, list + digest(filter), position])).toString('base64url')
  const decode = (cursor: string, filter: Filter): Position => {
    const result = Cursor.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()))
    if (result.success && encode(result.data[2] as Position, filter) === cursor)
      return result.data[2] as Position
    throw new PosternError(
      'cursor_invalid',
      'This cursor is not one that Postern gave for this list with this order and these filters. Start again without a cursor.',
    )
  }

  return {
    /**
     * Returns the position after which a page begins; undefined for the first page. Throws `cursor_invalid`.
     */
    findPosition: (cursor: string | undefined, filter: Filter = {}): Position | undefined =>
      cursor === undefined ? undefined : decode(cursor, filter),

    /** Cuts `rows` (read with a limit of one more than the limit of the page) to a page. */
    toPage<Row, T>(
      rows: Row[],
      asked: number | { limit: number; filter: Filter },
      positionOf: (row: Row) => Position,
      present: (row: Row) => T,
    ): Page<T> {
      const { limit, filter } = typeof asked === 'number' ? { limit: asked, filter: {} } : asked
      const shown = rows.slice(0, limit)
      const last = rows.length > limit ? shown.at(-1) : undefined
      return {
        items: shown.map(present),
        nextCursor: last === undefined ? null : encode(positionOf(last), filter),
      }
    },
  }
}

/** What a list was asked for besides the page. */
type Filter = Readonly<Record<string, unknown>>

const digestLength = 16

/** Returns a digest of the given filters, empty without any. */
function digest(filter: Filter): string {
  const given = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
  if (given.length === 0) return ''
  return ` ${createHash('sha256').update(JSON.stringify(given)).digest('hex').slice(0, digestLength)}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
