import { expect, test } from 'vitest'
import { describeOnBothEngines } from '../../test/support/databases.ts'
import { systemActor } from '../shapes/actor.ts'
import { createOrganizationChangeStore } from './organization-change-store.ts'
import { createPeopleLimit } from './organization-limit-store.ts'

const audit = { actor: systemActor('test') }

describeOnBothEngines('the limit of people', (store) => {
  test('the last place of an organization goes to one of two people', async () => {
    const changes = createOrganizationChangeStore(store.database)
    const assertRoomForPerson = createPeopleLimit({ maxPeople: 1 })
    const facts = { slug: 'full', legalName: 'Full', country: 'GB', state: '' }
    const id = await changes.insert(facts, { ...audit, now: 4 })
    await store.database.queries
      .insertInto('invitations')
      .values({
        ...{
          id: 'inv_1',
          organization_id: id,
          email: 'open@full.example',
          role: 'viewer',
          token_sha256: 't',
        },
        ...{ invited_by: 'usr_0', invited_as: 'person', inviter_email: 'a@full.example' },
        ...{ created_at: 0, expires_at: 10, ended_at: null, ended_as: null },
      })
      .execute()
    const limits = { environments: [], maxCredentials: null, emailsPerHour: null, maxPeople: 2 }
    const add = (number: number) =>
      store.database.transaction(async (tx) => {
        await assertRoomForPerson(tx, id, 1)
        const user = { email: `${number}@full.example`, name: '', image: null, email_verified: 1 }
        const flags = { operator_role: null, must_change_password: 0, created_at: '', updated_at: '' }
        const userId = `usr_${number}`
        await tx
          .insertInto('users')
          .values({ id: userId, ...user, ...flags })
          .execute()
        const member = { id: `mem_${number}`, organization_id: id, user_id: userId, created_at: 0 }
        await tx
          .insertInto('members')
          .values({ ...member, role: 'viewer' })
          .execute()
      })
    await expect(add(1)).rejects.toMatchObject({ code: 'people_limit_reached' })
    await changes.setLimits(id, limits, { ...audit, now: 5 })
    const outcomes = await Promise.allSettled([add(2), add(3)])
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })
})
