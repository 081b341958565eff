import type { Compilable, CompiledQuery } from 'kysely'
import type { Queries } from './database.ts'
import { isPostgres } from './engine.ts'

/** Stands in a query for the value that each run brings. */
class Place {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/**
 * A query that is put together once and run with other values each time; for what is asked often, since Kysely
 * needs longer to put a query together than SQLite to answer it. `build` gets a place for each value, to be handed
 * to the query as it is: what depends on a value itself needs another query.
 */
export function prepareQuery<Values extends object, Row>(
  build: (queries: Queries, values: Values) => Compilable<Row>,
): (queries: Queries, values: Values) => Promise<Row[]> {
  const places = new Proxy({}, { get: (_, name) => new Place(String(name)) }) as Values
  const compiled = new Map<boolean, CompiledQuery<Row>>()
  return async (queries, values) => {
    const engine = isPostgres(queries)
    let query = compiled.get(engine)
    if (query === undefined) {
      query = build(queries, places).compile()
      compiled.set(engine, query)
    }
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Place ? values[parameter.name as keyof Values] : parameter,
    )
    return (await queries.executeQuery<Row>({ ...query, parameters })).rows
  }
}
