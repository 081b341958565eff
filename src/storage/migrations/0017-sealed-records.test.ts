import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openDatabase } from '../database.ts'
import { up as foundation } from './0001-foundation.ts'
import { up as partitionedLists } from './0003-partitioned-revocation-lists.ts'
import { up as sealedRecords } from './0017-sealed-records.ts'

test('unsigned plans and approvals are removed by the migration, and issued certificates stay', async () => {
  const database = await openDatabase({ engine: 'sqlite', path: ':memory:' })
  const { queries } = database
  await foundation(queries)
  await partitionedLists(queries as never)
  await sql`insert into organizations values ('org_1', 'acme', 'Acme', 'GB', '', 9, 1)`.execute(queries)
  await sql`insert into issuers (id, kind, certificate_der, not_before, not_after, created_at)
    values ('iss_1', 'issuing', x'00', 1, 2, 1)`.execute(queries)
  const row = (id: string, number: number, status: string) =>
    sql`insert into certificates (id, organization_id, environment, number, name, status, key_kind, created_at,
      created_by, description, owner, related_service, rotation_policy, contacts, certified_subject,
      organization_name, country, state, search_text, csr_der, tbs_der, issuer_id, serial_number, crl_partition,
      decided_at, decided_by, approved)
      values (${id}, 'org_1', 'production', ${number}, ${id}, ${status}, 'ec-p256', 1, 'test', '', '', '', '', '[]',
      '{}', 'A', 'GB', '', '', x'01', x'02', 'iss_1', ${id}, 1, 7, 'op', 1)`.execute(queries)
  await row('cert_pending', 1, 'pending')
  await row('cert_issued', 2, 'issued')
  for (const kind of ['issue-certificate', 'send-mail'])
    await sql`insert into jobs (id, kind, key, run_at, created_at) values (${kind}, ${kind}, 'cert_pending', 1, 1)`.execute(
      queries,
    )
  await sealedRecords(queries as never)
  const { rows } = await sql`select id, tbs_der is null as unplanned, serial_number, decided_at, approved
    from certificates order by number`.execute(queries)
  expect(rows).toEqual([
    { id: 'cert_pending', unplanned: 1, serial_number: null, decided_at: null, approved: null },
    { id: 'cert_issued', unplanned: 0, serial_number: 'cert_issued', decided_at: 7, approved: 1 },
  ])
  const jobs = await sql<{ kind: string }>`select kind from jobs`.execute(queries)
  expect(jobs.rows).toEqual([{ kind: 'send-mail' }])
  await database.close()
})
