import { PosternError } from '../errors.ts'

/** One page of a list; `nextCursor` is null on the last. */
export interface Page<T> {
  items: T[]
  nextCursor: string | null
}

/** The position in a list as an opaque text. */
function encodeCursor(position: readonly (string | number | null)[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/** The position that `encodeCursor` wrote. Throws `bad_request` for anything else. */
export function decodeCursor(cursor: string, length: number): (string | number | null)[] {
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(position) && position.length === length && position.every(isPart)) return position
  } catch {
    // Not JSON: refused below.
  }
  throw new PosternError(
    'bad_request',
    'This cursor is not one that Postern gave. Start again without a cursor.',
  )
}

const isPart = (part: unknown) => part === null || typeof part === 'string' || typeof part === 'number'

/** Cuts `rows` (read with a limit of one more than `limit`) to a page. */
export function toPage<Row, T>(
  rows: Row[],
  limit: number,
  positionOf: (row: Row) => readonly (string | number | null)[],
  present: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  return { items: shown.map(present), nextCursor: last === undefined ? null : encodeCursor(positionOf(last)) }
}
