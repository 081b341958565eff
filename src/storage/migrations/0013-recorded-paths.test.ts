import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openDatabase } from '../database.ts'
import { up as foundation } from './0001-foundation.ts'
import { up as enforcementPlans } from './0010-enforcement-plans.ts'
import { up as refusalsByCause } from './0011-refusals-by-cause.ts'
import { up as provenRecords } from './0012-proven-records.ts'
import { up as recordedPaths } from './0013-recorded-paths.ts'

test('existing records lose possible secrets, and show whether the client was proven, after the migration', async () => {
  const { queries, close } = await openDatabase({ engine: 'sqlite', path: ':memory:' })
  for (const up of [foundation, enforcementPlans, refusalsByCause]) await up(queries as never)
  await sql`insert into organizations values ('org_1', 'acme', 'Acme', 'GB', '', 3, 1)`.execute(queries)
  await sql`insert into credentials (id, organization_id, environment, name, description, client_id, scopes,
    networks, certificate_ids, created_at, created_by)
    values ('cred_1', 'org_1', 'production', 'a', '', 'acme-1', '[]', '[]', '[]', 1, 'test')`.execute(queries)
  const insert = (id: string, path: string, clientId: string | null, more: Record<string, string> = {}) => {
    const row = {
      ...{ certificate_id: null, organization_id: null, outcome: 'refused', code: null },
      ...more,
    }
    return sql`insert into activity (id, at, kind, outcome, code, explanation, environment, organization_id,
      certificate_id, client_id, path, resumed, client_address, trace_id) values (${id}, 1, 'call', ${row.outcome},
      ${row.code}, ${id}, 'production', ${row.organization_id}, ${row.certificate_id}, ${clientId}, ${path}, 0,
      '192.0.2.1', ${id})`.execute(queries)
  }
  await insert('a', '/token', 'acme-1', { certificate_id: 'cert_1', organization_id: 'org_1' })
  await insert('b', '/token/s3cret', 's3cret', { organization_id: 'org_1' })
  await insert('c', '/auth/token/s3cret', null, { organization_id: 'org_1', outcome: 'ok' })
  await insert('d', '/payments/s3cret', null, { code: 'route_unknown' })
  for (const up of [provenRecords, recordedPaths]) await up(queries as never)
  const { rows } =
    await sql`select id, path, client_id, proven, explanation from activity order by id`.execute(queries)
  expect(rows).toEqual([
    { id: 'a', path: '/token', client_id: 'acme-1', proven: 1, explanation: 'a' },
    { id: 'b', path: '/token/{clientId}', client_id: null, proven: 0, explanation: 'b' },
    { id: 'c', path: '/auth/token/{clientId}', client_id: null, proven: 1, explanation: 'c' },
    { id: 'd', path: null, client_id: null, proven: 0, explanation: null },
  ])
  await close()
})
