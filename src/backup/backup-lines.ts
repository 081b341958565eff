import { PosternError } from '../errors.ts'
import { BackupEnd, BackupHead, TableHead } from './backup-head.ts'
import {
  createDigest,
  findDifferences,
  parseRow,
  type TableDigest,
  type TableShape,
  type TableSource,
  toLine,
  type Value,
} from './table-lines.ts'

const chunkLength = 65_536
const rowsAtOnce = 500
const newLine = 10

/** Receives the tables of a backup, one after another. */
export interface TableSink {
  begin(table: TableShape): Promise<void>
  write(rows: Value[][]): Promise<void>
}

/** Returns the plain content of a backup: its head, each table, and the digests of all tables. */
export async function* writeLines(head: BackupHead, source: TableSource): AsyncGenerator<Buffer> {
  const digests: Record<string, TableDigest> = {}
  let text = `${JSON.stringify(head)}\n`
  for (const table of source.tables) {
    const digest = createDigest()
    text += `${JSON.stringify({ table: table.name, columns: table.columns })}\n`
    for await (const rows of source.read(table))
      for (const row of rows) {
        const line = toLine(row)
        digest.add(line)
        text += `${line}\n`
        if (text.length < chunkLength) continue
        yield Buffer.from(text)
        text = ''
      }
    digests[table.name] = digest.result()
  }
  yield Buffer.from(`${text}${JSON.stringify({ digests })}\n`)
}

/** What was read besides the rows. */
export interface ReadBackup {
  head: BackupHead
  digests: Record<string, TableDigest>
}

/**
 * Reads the plain content of a backup; `begin` gets its head and returns what receives the tables. Throws
 * `backup_damaged`, then what was received is to be thrown away.
 */
export async function readLines(
  content: AsyncIterable<Uint8Array>,
  begin: (head: BackupHead) => Promise<TableSink>,
): Promise<ReadBackup> {
  const lines = splitLines(content)
  const first = await lines.next()
  const head = parseLine(BackupHead, first.value ?? '')
  const sink = await begin(head)
  const found: Record<string, TableDigest> = {}
  let open: { name: string; digest: ReturnType<typeof createDigest>; rows: Value[][] } | undefined
  const flush = async () => {
    if (open === undefined || open.rows.length === 0) return
    await sink.write(open.rows)
    open.rows = []
  }
  let digests: Record<string, TableDigest> | undefined
  for await (const line of lines) {
    if (digests !== undefined) throw damaged()
    if (line.startsWith('[')) {
      if (open === undefined) throw damaged()
      open.digest.add(line)
      open.rows.push(attempt(() => parseRow(line)))
      if (open.rows.length >= rowsAtOnce) await flush()
      continue
    }
    await flush()
    if (open !== undefined) found[open.name] = open.digest.result()
    if (line.startsWith('{"digests"')) {
      ;({ digests } = parseLine(BackupEnd, line))
      continue
    }
    const { table: name, columns } = parseLine(TableHead, line)
    open = { name, digest: createDigest(), rows: [] }
    await sink.begin({ name, columns })
  }
  if (digests === undefined || findDifferences(digests, found).length > 0) throw damaged()
  return { head, digests }
}

function parseLine<T>(schema: { parse(value: unknown): T }, line: string): T {
  return attempt(() => schema.parse(JSON.parse(line)))
}

function attempt<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw damaged(error)
  }
}

/** Returns the error for a file that is not as `postern backup` has written it. */
export const damaged = (cause?: unknown) =>
  new PosternError(
    'backup_damaged',
    'The file is not a whole backup of Postern: it was cut off or changed, or it is something else. Use another backup. Nothing was changed.',
    { cause },
  )

/** Splits at line feeds alone: other line breaks may be inside of a text. */
async function* splitLines(content: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Buffer[] = []
  for await (const chunk of content) {
    const octets = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    let from = 0
    for (let end = octets.indexOf(newLine); end !== -1; end = octets.indexOf(newLine, from)) {
      rest.push(octets.subarray(from, end))
      yield Buffer.concat(rest).toString('utf8')
      rest = []
      from = end + 1
    }
    if (from < octets.length) rest.push(octets.subarray(from))
  }
  if (rest.length > 0) throw damaged()
}
