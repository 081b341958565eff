import { isStorable } from '../clean-text.ts'
import { ScimError, type ScimType } from '../shapes/scim-error.ts'

/** An attribute as a path or a filter names it; its parts are in lower case (RFC 7643, section 2.1). */
export interface AttributePath {
  attribute: string
  /** The elements of a multi-valued attribute that are meant; undefined for all. */
  filter?: Comparison[]
  sub?: string
}

/** `attribute eq value`. */
export interface Comparison {
  path: AttributePath
  value: string | boolean
}

/** The longest filter or path that is read. */
export const maxTextLength = 1000
const maxComparisons = 10
const coreSchema = 'urn:ietf:params:scim:schemas:core:2.0:user:'

type Token = { kind: 'word' | 'string' | 'mark'; text: string }

const tokens = /\s*(?:("(?:[^"\\]|\\.)*")|([A-Za-z$][\w$.:-]*)|([[\]]|\.[A-Za-z$][\w$-]*))\s*/y

/** Returns the comparisons of a filter: `eq` joined with `and`. Throws `invalidFilter`. */
export function parseFilter(text: string): Comparison[] {
  const reader = createReader(text, 'invalidFilter')
  const comparisons = readComparisons(reader, true)
  if (!reader.isAtEnd()) throw reader.problem()
  return comparisons
}

/** Returns the attribute that a path of a PATCH operation names (RFC 7644, figure 7). Throws `invalidPath`. */
export function parsePath(text: string): AttributePath {
  const reader = createReader(text, 'invalidPath')
  const path = readPath(reader, true)
  if (!reader.isAtEnd()) throw reader.problem()
  return path
}

type Reader = ReturnType<typeof createReader>

function createReader(text: string, scimType: ScimType) {
  const problem = () =>
    new ScimError(
      400,
      scimType,
      scimType === 'invalidFilter'
        ? 'Postern reads filters of the form: attribute eq "value", several of them joined with and.'
        : 'A path is an attribute, such as name.familyName or emails[type eq "work"].value.',
    )
  const list: Token[] = []
  if (text.length > maxTextLength) throw problem()
  tokens.lastIndex = 0
  for (let at = 0; at < text.length; at = tokens.lastIndex) {
    const [, string, word, mark] = tokens.exec(text) ?? []
    if (string !== undefined) list.push({ kind: 'string', text: string })
    else if (word !== undefined) list.push({ kind: 'word', text: word })
    else if (mark !== undefined) list.push({ kind: 'mark', text: mark })
    else throw problem()
  }
  let next = 0
  return {
    problem,
    isAtEnd: () => next === list.length,
    take: (): Token => {
      const token = list[next]
      if (token === undefined) throw problem()
      next += 1
      return token
    },
    /** Takes the next token if it is this one. */
    takes(kind: Token['kind'], given: string): boolean {
      const token = list[next]
      if (token?.kind !== kind || token.text.toLowerCase() !== given) return false
      next += 1
      return true
    },
    /** Takes a sub-attribute behind a bracket. */
    takeSub(): string | undefined {
      const token = list[next]
      if (token?.kind !== 'mark' || !token.text.startsWith('.')) return undefined
      next += 1
      return token.text.slice(1).toLowerCase()
    },
  }
}

function readComparisons(reader: Reader, mayBeFiltered: boolean): Comparison[] {
  const comparisons: Comparison[] = []
  do {
    if (comparisons.length === maxComparisons) throw reader.problem()
    const path = readPath(reader, mayBeFiltered)
    if (!reader.takes('word', 'eq')) throw reader.problem()
    comparisons.push({ path, value: readValue(reader) })
  } while (reader.takes('word', 'and'))
  return comparisons
}

/** Brackets are not nested (RFC 7644, figure 1). */
function readPath(reader: Reader, mayBeFiltered: boolean): AttributePath {
  const { kind, text } = reader.take()
  if (kind !== 'word') throw reader.problem()
  const { attribute, sub } = splitName(text)
  if (!mayBeFiltered || sub !== undefined || !reader.takes('mark', '['))
    return { attribute, ...(sub !== undefined && { sub }) }
  const filter = readComparisons(reader, false)
  if (!reader.takes('mark', ']')) throw reader.problem()
  const behind = reader.takeSub()
  return { attribute, filter, ...(behind !== undefined && { sub: behind }) }
}

/** The URN of another schema stays in the name of the attribute, whose part behind the last colon may have a dot. */
function splitName(text: string): { attribute: string; sub?: string } {
  const lower = text.toLowerCase()
  const name = lower.startsWith(coreSchema) ? lower.slice(coreSchema.length) : lower
  const dot = name.startsWith('urn:') ? -1 : name.indexOf('.')
  return dot < 0 ? { attribute: name } : { attribute: name.slice(0, dot), sub: name.slice(dot + 1) }
}

function readValue(reader: Reader): string | boolean {
  const { kind, text } = reader.take()
  if (kind === 'string') {
    try {
      const value = JSON.parse(text) as string
      if (isStorable(value)) return value
    } catch {
      // Said below.
    }
    throw reader.problem()
  }
  const word = text.toLowerCase()
  if (kind === 'word' && (word === 'true' || word === 'false')) return word === 'true'
  throw reader.problem()
}
