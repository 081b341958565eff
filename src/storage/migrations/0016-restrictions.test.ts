import { expect, test } from 'vitest'
import { describeOnBothEngines } from '../../../test/support/databases.ts'
import { up as restrictions } from './0016-restrictions.ts'

describeOnBothEngines('rows of the previous release', (store) => {
  test('keep their permissions in the format of this release', async () => {
    const { queries } = store.database
    await queries
      .insertInto('organizations')
      .values({ id: 'org_1', slug: 'acme', legal_name: 'Acme', country: 'GB', state: '', created_at: 1 })
      .execute()
    const lists = [
      ['[]', '[]', '[]'],
      ['["payments:read"]', '[]', '["cert_1"]'],
      ['[]', '["10.0.0.0/8"]', '[]'],
    ] as const
    for (const [i, [scopes, networks, certificate_ids]] of lists.entries()) {
      const texts = { name: 'n', description: '', created_by: 'test', environment: 'production' }
      await queries
        .insertInto('credentials')
        .values({
          ...{ ...texts, id: `cred_${i}`, client_id: `c${i}`, organization_id: 'org_1', created_at: 1 },
          ...{ scopes, networks, certificate_ids },
        })
        .execute()
    }
    await restrictions(queries as never)
    const rows = await queries
      .selectFrom('credentials')
      .select(['scopes', 'networks', 'certificate_ids'])
      .orderBy('id')
      .execute()
    expect(rows.map(({ scopes, networks, certificate_ids }) => [scopes, networks, certificate_ids])).toEqual([
      ['null', 'null', 'null'],
      ['["payments:read"]', 'null', '["cert_1"]'],
      ['null', '["10.0.0.0/8"]', 'null'],
    ])
  })
})
