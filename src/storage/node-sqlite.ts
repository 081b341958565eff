import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { SqliteDialect } from 'kysely'

const cachedStatements = 500

/**
 * Opens a SQLite file for Kysely. WAL lets readers go on while one writes; `synchronous=FULL`
 * since `NORMAL` loses acknowledged commits in a power cut; the busy timeout (milliseconds)
 * covers the moments when another process commits.
 */
export function openSqliteFile(path: string): DatabaseSync {
  const file = new DatabaseSync(path, { timeout: 10_000 })
  file.exec('pragma journal_mode=wal; pragma synchronous=full; pragma foreign_keys=on')
  return file
}

/** Kysely's SQLite dialect over Node's own SQLite. Closing the dialect closes `file`. */
export function createNodeSqliteDialect(file: DatabaseSync): SqliteDialect {
  const statements = new Map<string, StatementSync>()
  const prepare = (text: string): StatementSync => {
    const known = statements.get(text)
    if (known) return known
    if (statements.size >= cachedStatements) statements.clear()
    const statement = file.prepare(text)
    statements.set(text, statement)
    return statement
  }
  return new SqliteDialect({
    database: {
      close: () => file.close(),
      // A deferred transaction that reads first and writes later fails at once when another process
      // has committed in between; taking the write lock at the start waits instead.
      prepare: (text) => adaptStatement(prepare(text === 'begin' ? 'begin immediate' : text)),
    },
  })
}

function adaptStatement(statement: StatementSync) {
  return {
    reader: statement.columns().length > 0,
    all: (parameters: readonly unknown[]) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters: readonly unknown[]) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters: readonly unknown[]) => statement.iterate(...(parameters as SQLInputValue[])),
  }
}
