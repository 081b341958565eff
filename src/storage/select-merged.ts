import type { SelectQueryBuilder } from 'kysely'
import type { Queries } from './database.ts'
import type { Schema } from './schema.ts'

/** A query of the tables `From` that gives rows `Row`. */
type Query<From extends keyof Schema, Row> = SelectQueryBuilder<Schema, From, Row>

/**
 * Returns the rows of several queries as one, which `sort` sorts and limits like each of them. So each query reads its
 * own part of an index and no more: with one condition for all of them, a store would read and sort every row that
 * fits. No row may be in two queries.
 */
export function selectMerged<From extends keyof Schema, Row>(
  queries: Queries,
  branches: readonly [Query<From, Row>, ...Query<From, Row>[]],
  sort: (merged: Query<From, Row>) => Query<From, Row>,
): Query<From, Row> {
  const [first, ...others] = branches
  if (others.length === 0) return first
  // SQLite takes no order and limit in a part of a union, except in a query of its own.
  const wrap = (query: Query<From, Row>) =>
    queries.selectFrom(query.as('branch')).selectAll() as unknown as Query<From, Row>
  const all = others.reduce((merged, query) => merged.unionAll(wrap(query)), wrap(first))
  return sort(queries.selectFrom(all.as('merged')).selectAll() as unknown as Query<From, Row>)
}
