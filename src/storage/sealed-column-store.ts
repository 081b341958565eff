import { sql } from 'kysely'
import type { MasterKey } from '../shapes/master-key.ts'
import { findSealer, seal, unseal } from './seal.ts'
import type { SealedValues } from './sealed-values.ts'

/** A column whose values `seal` made. */
interface SealedColumn {
  /** What its values are, plural, for people. */
  name: string
  table: string
  /** The column that identifies a row. */
  id: string
  column: string
  contextOf(id: string): string
}

interface FoundValue {
  id: string
  sealed: Uint8Array
}

/** Returns the values of a column that a master key seals. */
export function toSealedValues({ name, table, id, column, contextOf }: SealedColumn): SealedValues {
  const selected = sql`select ${sql.ref(id)} as id, ${sql.ref(column)} as sealed from ${sql.table(table)}`
  const sealerOf = (key: MasterKey, value: FoundValue) =>
    findSealer(key, new Uint8Array(value.sealed), contextOf(value.id))
  return {
    name,
    columns: [`${table}.${column}`],

    async find(queries, key, after, limit) {
      const { rows } = await sql<FoundValue>`${selected}
        where ${sql.ref(column)} is not null and ${sql.ref(id)} > ${after}
        order by ${sql.ref(id)} limit ${limit}`.execute(queries)
      return rows.map((row) => ({ id: row.id, sealer: sealerOf(key, row) }))
    },

    async reseal(tx, key, ids) {
      const { rows } = await sql<FoundValue>`${selected}
        where ${sql.ref(column)} is not null and ${sql.ref(id)} in (${sql.join([...ids])})`.execute(tx)
      let changed = 0
      for (const row of rows.filter((one) => sealerOf(key, one) === 'second')) {
        const plain = unseal(key, new Uint8Array(row.sealed), contextOf(row.id))
        const again = seal(key, plain, contextOf(row.id))
        plain.fill(0)
        // What a change without the lock of recorded changes has replaced meanwhile stays.
        const { numAffectedRows = 0n } =
          await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${again}
          where ${sql.ref(id)} = ${row.id} and ${sql.ref(column)} = ${row.sealed}`.execute(tx)
        changed += Number(numAffectedRows)
      }
      return changed
    },
  }
}
