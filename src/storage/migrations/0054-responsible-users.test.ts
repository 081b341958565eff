import { expect, test } from 'vitest'
import { describeWithFreshStores } from '../../../test/support/databases.ts'
import { up as responsibleUsers } from './0054-responsible-users.ts'

describeWithFreshStores('the migration of responsible users', (store) => {
  test('takes from an old store who created each certificate, by themselves or with a key', async () => {
    const { queries } = store.database
    await queries.schema.dropIndex('certificates_by_responsible').execute()
    await queries.schema.alterTable('certificates').dropColumn('responsible_user_id').execute()
    const at = '2027-03-04T08:00:00.000Z'
    await queries
      .insertInto('organizations')
      .values({ id: 'org_acme', slug: 'acme', legal_name: 'Acme', country: 'GB', state: '', created_at: 1 })
      .execute()
    await queries
      .insertInto('users')
      .values({
        ...{
          id: 'usr_ann',
          email: 'ann@acme.example',
          name: 'Ann',
          email_verified: 1,
          must_change_password: 0,
        },
        ...{ created_at: at, updated_at: at },
      })
      .execute()
    for (const [id, user_id] of [
      ['key_ann', 'usr_ann'],
      ['key_acme', null],
    ] as const)
      await queries
        .insertInto('api_keys')
        .values({
          ...{ id, user_id, organization_id: 'org_acme', name: 'CI', role: 'developer', scopes: 'null' },
          ...{ networks: 'null', expires_at: 1, created_at: 1, created_by: 'x', created_by_ref: 'person:x' },
        })
        .execute()
    const creators = [
      ['person:usr_ben', 'ben@acme.example', 'usr_ben'],
      ['api_key:key_ann', 'CI', 'usr_ann'],
      ['api_key:key_acme', 'CI', null],
      ['api_key:key_deleted', 'CI', null],
      ['system:demo', 'postern', null],
      [null, 'Ann@acme.example', 'usr_ann'],
      [null, 'nobody@acme.example', null],
    ] as const
    for (const [index, [created_by_ref, created_by]] of creators.entries())
      await queries
        .insertInto('certificates')
        .values({
          ...{
            id: `cert_${index}`,
            organization_id: 'org_acme',
            environment: 'production',
            number: index + 1,
          },
          ...{ name: `acme-000${index + 1}`, status: 'draft', description: '', owner: '', contacts: '[]' },
          ...{ related_service: '', rotation_policy: '', certified_subject: '{}', organization_name: '' },
          ...{ country: '', state: '', key_kind: 'ec-p256', created_at: 1, created_by, created_by_ref },
          ...{ search_text: '', source: 'postern' },
        } as never)
        .execute()
    await responsibleUsers(queries)
    const rows = await queries
      .selectFrom('certificates')
      .select('responsible_user_id')
      .orderBy('id')
      .execute()
    expect(rows.map((row) => row.responsible_user_id)).toEqual(creators.map(([, , user]) => user))
  })
})
