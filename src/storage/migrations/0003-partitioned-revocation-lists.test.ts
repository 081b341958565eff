import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createRevocationListStore } from '../../authority/revocation-list-store.ts'
import { openDatabase } from '../database.ts'
import { up as foundation } from './0001-foundation.ts'
import { up as partitionedLists } from './0003-partitioned-revocation-lists.ts'

test('a published CRL stays published after the migration, and is due', async () => {
  const database = await openDatabase({ engine: 'sqlite', path: ':memory:' })
  const { queries } = database
  await foundation(queries)
  const der = Uint8Array.of(1, 2, 3)
  const issuer = {
    id: 'iss_1',
    kind: 'root' as const,
    certificate_der: der,
    not_before: 0,
    not_after: 9,
    created_at: 0,
  }
  await queries.insertInto('issuers').values(issuer).execute()
  await sql`insert into revocation_lists values ('iss_1', 7, 1000, 2000, ${der})`.execute(queries)
  await partitionedLists(queries)
  const lists = createRevocationListStore(database)
  const id = { issuerId: 'iss_1', partition: null }
  expect(await lists.find(id)).toMatchObject({ number: 7, thisUpdate: 1000, nextUpdate: 2000, size: 3 })
  expect(await lists.findDer(id)).toEqual(der)
  expect(await lists.listDue(0)).toEqual([id])
  await database.close()
})
