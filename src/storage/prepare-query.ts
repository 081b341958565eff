import type {
  Compilable,
  CompiledQuery,
  Insertable,
  InsertObject,
  InsertQueryBuilder,
  InsertResult,
} from 'kysely'
import type { Queries } from './database.ts'
import { isPostgres } from './engine.ts'
import { keepPlan } from './kept-plans.ts'
import type { Schema } from './schema.ts'

/** A placeholder for the value of each run. */
class Place {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/**
 * Prepares a query that is compiled once and run with different values; for frequent queries, since Kysely
 * takes longer to compile a query than SQLite to answer it. Where it `keepsPlan`, PostgreSQL need not plan it again
 * either: see `keepPlan` for which this is. `build` gets a placeholder for each value, to
 * pass unchanged to the query: a query whose form depends on a value cannot be prepared.
 */
export function prepareQuery<Values extends object, Row>(
  build: (queries: Queries, values: Values) => Compilable<Row>,
  { keepsPlan = false } = {},
): (queries: Queries, values: Values) => Promise<Row[]> {
  const places = new Proxy({}, { get: (_, name) => new Place(String(name)) }) as Values
  const compiled = new Map<boolean, CompiledQuery<Row>>()
  return async (queries, values) => {
    const isOnPostgres = isPostgres(queries)
    let query = compiled.get(isOnPostgres)
    if (query === undefined) {
      query = build(queries, places).compile()
      compiled.set(isOnPostgres, query)
      if (keepsPlan && isOnPostgres) keepPlan(query.sql)
    }
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Place ? values[parameter.name as keyof Values] : parameter,
    )
    return (await queries.executeQuery<Row>({ ...query, parameters })).rows
  }
}

/**
 * The same for a row that is inserted: it names its columns once, and a row without one of them does not compile.
 * `finish` says what is given back.
 */
export function prepareInsert<
  Table extends keyof Schema,
  Column extends keyof Insertable<Schema[Table]> & string,
  Row,
>(
  table: Table,
  columns: readonly Column[],
  finish: (query: InsertQueryBuilder<Schema, Table, InsertResult>) => Compilable<Row>,
): (queries: Queries, row: Pick<Insertable<Schema[Table]>, Column>) => Promise<Row[]> {
  return prepareQuery((queries, row: Pick<Insertable<Schema[Table]>, Column>) => {
    const values = Object.fromEntries(columns.map((column) => [column, row[column]]))
    return finish(queries.insertInto(table).values(values as InsertObject<Schema, Table>))
  })
}
