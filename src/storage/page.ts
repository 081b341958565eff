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
 * cursor of another list or order is rejected.
 */
export function createPaging<const Dependencies extends [z.ZodType, ...z.ZodType[]]>(
  list: string,
  dependencies: Dependencies,
) {
  const Cursor = z.tuple([z.literal(version), z.literal(list), z.tuple(dependencies)])
  type Position = z.output<z.ZodTuple<Dependencies, null>>
  const encode = (position: Position) =>
    Buffer.from(JSON.stringify([version, list, position])).toString('base64url')
  const decode = (cursor: string): Position => {
    const result = Cursor.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()))
    if (result.success && encode(result.data[2] as Position) === cursor) return result.data[2] as Position
    throw new PosternError(
      'cursor_invalid',
      'This cursor is not one that Postern gave for this list. Start again without a cursor.',
    )
  }

  return {
    /**
     * Returns the position after which a page begins; undefined for the first page. Throws `cursor_invalid`.
     */
    findPosition: (cursor: string | undefined): Position | undefined =>
      cursor === undefined ? undefined : decode(cursor),

    /** Cuts `rows` (read with a limit of one more than `limit`) to a page. */
    toPage<Row, T>(
      rows: Row[],
      limit: number,
      positionOf: (row: Row) => Position,
      present: (row: Row) => T,
    ): Page<T> {
      const shown = rows.slice(0, limit)
      const last = rows.length > limit ? shown.at(-1) : undefined
      return { items: shown.map(present), nextCursor: last === undefined ? null : encode(positionOf(last)) }
    },
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
