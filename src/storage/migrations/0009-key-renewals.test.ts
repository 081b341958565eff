import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openDatabase } from '../database.ts'
import { migrate } from '../migrate.ts'
import { up as foundation } from './0001-foundation.ts'
import { up as keyRenewals } from './0009-key-renewals.ts'

test('existing certificates and their references survive the migration, and a key can be renewed', async () => {
  const database = await openDatabase({ engine: 'sqlite', path: ':memory:' })
  const { queries } = database
  await foundation(queries)
  await sql`insert into organizations values ('org_1', 'acme', 'Acme', 'GB', '', 3, 1)`.execute(queries)
  const text = { description: '', owner: '', related_service: '', rotation_policy: '', contacts: '[]' }
  const subject = {
    certified_subject: '{}',
    organization_name: 'A',
    country: 'GB',
    state: '',
    search_text: '',
  }
  const row = (id: string, number: number, replaces: string | null, key: string) =>
    sql`insert into certificates (id, organization_id, environment, number, name, status, key_kind, created_at,
      created_by, replaces_id, spki_sha256, ${sql.join(Object.keys({ ...text, ...subject }).map((name) => sql.ref(name)))})
      values (${id}, 'org_1', 'production', ${number}, ${id}, 'issued', 'ec-p256', 1, 'test', ${replaces}, ${key},
      ${sql.join(Object.values({ ...text, ...subject }))})`.execute(queries)
  await row('cert_1', 1, null, 'aa')
  await row('cert_2', 2, 'cert_1', 'bb')
  await expect(row('cert_3', 3, null, 'aa')).rejects.toThrow(/UNIQUE/)
  await sql`pragma foreign_keys = off`.execute(queries)
  await keyRenewals(queries as never)
  await sql`pragma foreign_keys = on`.execute(queries)
  const rows =
    await sql`select id, replaces_id, spki_sha256, key_renewal from certificates order by id`.execute(queries)
  expect(rows.rows).toEqual([
    { id: 'cert_1', replaces_id: null, spki_sha256: 'aa', key_renewal: 0 },
    { id: 'cert_2', replaces_id: 'cert_1', spki_sha256: 'bb', key_renewal: 0 },
  ])
  await expect(row('cert_3', 3, null, 'aa')).rejects.toThrow(/UNIQUE/)
  await expect(row('cert_4', 4, 'cert_9', 'cc')).rejects.toThrow(/FOREIGN/)
  await expect(sql`delete from certificates where id = 'cert_1'`.execute(queries)).rejects.toThrow(/FOREIGN/)
  await sql`update certificates set spki_sha256 = 'aa', key_renewal = 1 where id = 'cert_2'`.execute(queries)
  await database.close()
})

test('every index of the certificates table exists after the migration', async () => {
  const database = await openDatabase({ engine: 'sqlite', path: ':memory:' })
  await migrate(database)
  const { rows } = await sql<{ name: string }>`
    select name from sqlite_master where type = 'index' and tbl_name = 'certificates' order by name
  `.execute(database.queries)
  const names = rows.map(({ name }) => name).filter((name) => !name.startsWith('sqlite_'))
  expect(names).toEqual(
    expect.arrayContaining([
      'certificates_by_created',
      'certificates_key',
      'certificates_open',
      'certificates_status',
      'certificates_successor',
    ]),
  )
  await database.close()
})
