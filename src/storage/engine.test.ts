import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { isStoreAway } from './engine.ts'

const errorOf = (work: () => void): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

test('a SQLite file that another process holds cannot be reached, and a wrong statement is a wrong statement', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'postern-busy-')), 'store.db')
  const [holder, other] = [new DatabaseSync(path), new DatabaseSync(path, { timeout: 0 })]
  holder.exec('create table t (a); begin exclusive')
  const busy = errorOf(() => other.exec('begin immediate'))
  expect(isStoreAway(busy)).toBe(true)
  expect(isStoreAway(new Error('the query failed', { cause: busy }))).toBe(true)
  holder.exec('rollback')
  expect(isStoreAway(errorOf(() => other.exec('nonsense')))).toBe(false)
  holder.close()
  other.close()
})
