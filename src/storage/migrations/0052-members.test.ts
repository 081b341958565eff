import { expect, test } from 'vitest'
import { describeWithFreshStores } from '../../../test/support/databases.ts'
import { up as members } from './0052-members.ts'

describeWithFreshStores('the migration of members', (store) => {
  test('takes from the sessions of an old store when users were last seen', async () => {
    const { queries } = store.database
    await queries.schema.alterTable('users').dropColumn('last_seen_at').execute()
    await queries.schema.dropIndex('members_list').execute()
    const at = (hour: number) => `2027-03-04T0${hour}:00:00.000Z`
    for (const id of ['usr_ann', 'usr_ben'])
      await queries
        .insertInto('users')
        .values({
          ...{ id, email: `${id}@acme.example`, name: id, email_verified: 1, must_change_password: 0 },
          ...{ created_at: at(1), updated_at: at(1) },
        })
        .execute()
    for (const hour of [3, 2])
      await queries
        .insertInto('sessions')
        .values({
          ...{ id: `ses_${hour}`, user_id: 'usr_ann', token_sha256: `hash ${hour}`, expires_at: at(9) },
          ...{ created_at: at(1), updated_at: at(hour) },
        })
        .execute()
    await members(queries)
    const rows = await queries.selectFrom('users').select(['id', 'last_seen_at']).orderBy('id').execute()
    expect(rows).toEqual([
      { id: 'usr_ann', last_seen_at: at(3) },
      { id: 'usr_ben', last_seen_at: null },
    ])
  })
})
